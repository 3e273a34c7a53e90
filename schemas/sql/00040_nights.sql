-- +goose Up
CREATE TABLE IF NOT EXISTS `nights` (
  `as_of`                CHAR(10) NOT NULL,
  `figures`              TEXT NOT NULL,
  PRIMARY KEY (`as_of`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
