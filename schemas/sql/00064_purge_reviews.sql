-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_reviews` (
  `list_no`              INTEGER NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `reviewed_by`          VARCHAR(120) NOT NULL,
  `verdict`              VARCHAR(20) NOT NULL,
  `reason`               TEXT NOT NULL,
  `as_of`                CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`list_no`, `agent_id`, `reviewed_by`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
