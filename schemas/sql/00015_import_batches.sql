-- +goose Up
CREATE TABLE IF NOT EXISTS `import_batches` (
  `batch_id`             VARCHAR(80) NOT NULL,
  `sender`               VARCHAR(64) NOT NULL,
  `kind`                 VARCHAR(40) NOT NULL,
  `file_name`            VARCHAR(255) NOT NULL,
  `sha256`               VARCHAR(64) NOT NULL,
  `received_at`          CHAR(27),
  `as_of`                CHAR(10),
  `state`                VARCHAR(20) NOT NULL,
  `rows_read`            INTEGER NOT NULL,
  `applied`              INTEGER NOT NULL,
  `unchanged`            INTEGER NOT NULL,
  `rejected`             INTEGER NOT NULL,
  `duplicates`           INTEGER NOT NULL,
  PRIMARY KEY (`batch_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
