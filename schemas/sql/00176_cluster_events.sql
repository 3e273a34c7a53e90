-- +goose Up
CREATE TABLE IF NOT EXISTS `cluster_events` (
  `run_id`               VARCHAR(80) NOT NULL,
  `event_no`             INTEGER NOT NULL,
  `as_of`                CHAR(10),
  `event`                VARCHAR(20) NOT NULL,
  `cluster_id`           VARCHAR(20) NOT NULL,
  `part_id`              VARCHAR(20) NOT NULL,
  PRIMARY KEY (`run_id`, `event_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
