-- +goose Up
CREATE TABLE IF NOT EXISTS `import_faults` (
  `batch_id`             VARCHAR(80) NOT NULL,
  `row_no`               INTEGER NOT NULL,
  `column_key`           VARCHAR(200) NOT NULL,
  `code`                 VARCHAR(60) NOT NULL,
  `severity`             VARCHAR(20) NOT NULL,
  `sheet`                VARCHAR(100) NOT NULL,
  `header`               VARCHAR(200) NOT NULL,
  `message_ja`           MEDIUMTEXT NOT NULL,
  `message_en`           MEDIUMTEXT NOT NULL,
  PRIMARY KEY (`batch_id`, `row_no`, `column_key`, `code`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
