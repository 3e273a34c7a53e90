-- +goose Up
CREATE TABLE IF NOT EXISTS `run_steps` (
  `run_id`               VARCHAR(80) NOT NULL,
  `seq`                  INTEGER NOT NULL,
  `name`                 VARCHAR(40) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `counts`               TEXT NOT NULL,
  `peak_rss`             BIGINT NOT NULL,
  `started_at`           CHAR(27),
  `finished_at`          CHAR(27),
  `error`                TEXT NOT NULL,
  PRIMARY KEY (`run_id`, `seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
