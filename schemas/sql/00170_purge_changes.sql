-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_changes` (
  `list_no`              INTEGER NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `state_before`         VARCHAR(20) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `reason`               TEXT NOT NULL,
  PRIMARY KEY (`list_no`, `agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
