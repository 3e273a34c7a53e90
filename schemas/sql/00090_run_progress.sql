-- +goose Up
CREATE TABLE IF NOT EXISTS `run_progress` (
  `run_id`               VARCHAR(80) NOT NULL,
  `step`                 VARCHAR(40) NOT NULL,
  `item`                 VARCHAR(300) NOT NULL,
  `inserted`             INTEGER NOT NULL,
  `updated`              INTEGER NOT NULL,
  `deleted`              INTEGER NOT NULL,
  `unchanged`            INTEGER NOT NULL,
  PRIMARY KEY (`run_id`, `step`, `item`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
