-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_lists` (
  `list_no`              INTEGER NOT NULL,
  `as_of`                CHAR(10),
  `rows`                 INTEGER NOT NULL,
  `hash`                 VARCHAR(64) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `approvals`            TEXT NOT NULL,
  `receipt_no`           VARCHAR(20) NOT NULL,
  PRIMARY KEY (`list_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
