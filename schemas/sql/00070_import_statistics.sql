-- +goose Up
CREATE TABLE IF NOT EXISTS `import_statistics` (
  `sender`               VARCHAR(64) NOT NULL,
  `kind`                 VARCHAR(40) NOT NULL,
  `as_of`                CHAR(10) NOT NULL,
  `attempt`              INTEGER NOT NULL,
  `seq`                  INTEGER NOT NULL,
  `batch_id`             VARCHAR(80) NOT NULL,
  `initial`              INTEGER NOT NULL,
  `rows_read`            INTEGER NOT NULL,
  `figures`              TEXT NOT NULL,
  PRIMARY KEY (`sender`, `kind`, `as_of`, `attempt`, `seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
