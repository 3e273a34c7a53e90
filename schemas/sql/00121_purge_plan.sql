-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_plan` (
  `list_no`              INTEGER NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `code`                 VARCHAR(60) NOT NULL,
  `reason`               TEXT NOT NULL,
  `part`                 INTEGER NOT NULL,
  PRIMARY KEY (`list_no`, `agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
