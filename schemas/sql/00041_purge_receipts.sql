-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_receipts` (
  `receipt_no`           VARCHAR(20) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `list_no`              INTEGER NOT NULL,
  `as_of`                CHAR(10),
  `rule_version`         VARCHAR(200) NOT NULL,
  `list_hash`            VARCHAR(64) NOT NULL,
  `persons`              TEXT NOT NULL,
  `rows_deleted`         TEXT NOT NULL,
  `approvers`            TEXT NOT NULL,
  `started_at`           CHAR(27),
  `finished_at`          CHAR(27),
  `version`              VARCHAR(200) NOT NULL,
  `config_hash`          VARCHAR(64) NOT NULL,
  `searched`             TEXT NOT NULL,
  `residual`             TEXT NOT NULL,
  `previous_hash`        VARCHAR(64) NOT NULL,
  `hash`                 VARCHAR(64) NOT NULL,
  `key_id`               VARCHAR(64) NOT NULL,
  `signature`            VARCHAR(120) NOT NULL,
  PRIMARY KEY (`receipt_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
