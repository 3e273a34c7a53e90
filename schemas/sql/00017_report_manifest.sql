-- +goose Up
CREATE TABLE IF NOT EXISTS `report_manifest` (
  `report`               VARCHAR(40) NOT NULL,
  `reader`               VARCHAR(64) NOT NULL,
  `as_of`                CHAR(10),
  `run_id`               VARCHAR(80) NOT NULL,
  `rows`                 INTEGER NOT NULL,
  `sha256`               VARCHAR(64) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  PRIMARY KEY (`report`, `reader`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
