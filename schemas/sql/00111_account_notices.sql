-- +goose Up
CREATE TABLE IF NOT EXISTS `account_notices` (
  `reader`               VARCHAR(64) NOT NULL,
  `file_name`            VARCHAR(120) NOT NULL,
  `as_of`                CHAR(10) NOT NULL,
  `accounts`             INTEGER NOT NULL,
  `sha256`               CHAR(64) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  PRIMARY KEY (`reader`, `file_name`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
