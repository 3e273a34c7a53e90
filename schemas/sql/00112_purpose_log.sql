-- +goose Up
CREATE TABLE IF NOT EXISTS `purpose_log` (
  `seq`                  INTEGER NOT NULL,
  `at`                   CHAR(27) NOT NULL,
  `actor`                VARCHAR(120) NOT NULL,
  `role`                 VARCHAR(20) NOT NULL,
  `purpose`              VARCHAR(20) NOT NULL,
  `subject`              VARCHAR(64) NOT NULL,
  `fields`               VARCHAR(255) NOT NULL,
  `rows`                 INTEGER NOT NULL,
  `reason`               TEXT NOT NULL,
  `run_id`               VARCHAR(80) NOT NULL,
  `denied`               VARCHAR(120) NOT NULL,
  PRIMARY KEY (`seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
