-- +goose Up
CREATE TABLE IF NOT EXISTS `run_files` (
  `run_id`               VARCHAR(80) NOT NULL,
  `seq`                  INTEGER NOT NULL,
  `path`                 VARCHAR(1000) NOT NULL,
  `sender`               VARCHAR(64) NOT NULL,
  `kind`                 VARCHAR(40) NOT NULL,
  `file_name`            VARCHAR(255) NOT NULL,
  `sha256`               VARCHAR(64) NOT NULL,
  `size`                 BIGINT NOT NULL,
  `batch_id`             VARCHAR(80) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `progress`             INTEGER NOT NULL,
  PRIMARY KEY (`run_id`, `seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
