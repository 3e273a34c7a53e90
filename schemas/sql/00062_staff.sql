-- +goose Up
CREATE TABLE IF NOT EXISTS `staff` (
  `login_id`             VARCHAR(60) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `email`                VARCHAR(254) NOT NULL,
  `office`               VARCHAR(20) NOT NULL,
  `stopped`              INTEGER NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`login_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
