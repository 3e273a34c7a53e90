-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_undo` (
  `list_no`              INTEGER NOT NULL,
  `part`                 INTEGER NOT NULL,
  `persons`              INTEGER NOT NULL,
  `counts`               TEXT NOT NULL,
  `sealed`               MEDIUMTEXT NOT NULL,
  PRIMARY KEY (`list_no`, `part`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
