-- +goose Up
CREATE TABLE IF NOT EXISTS `runs` (
  `run_id`               VARCHAR(80) NOT NULL,
  `job`                  VARCHAR(40) NOT NULL,
  `as_of`                CHAR(10),
  `attempt`              INTEGER NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `counts`               TEXT NOT NULL,
  `decision_no`          INTEGER NOT NULL,
  `started_at`           CHAR(27),
  `finished_at`          CHAR(27),
  `version`              VARCHAR(200) NOT NULL,
  `config_hash`          VARCHAR(64) NOT NULL,
  PRIMARY KEY (`run_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
