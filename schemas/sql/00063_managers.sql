-- +goose Up
CREATE TABLE IF NOT EXISTS `managers` (
  `insurer_code`         VARCHAR(20) NOT NULL,
  `manager_id`           VARCHAR(40) NOT NULL,
  `role`                 VARCHAR(20) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `department`           VARCHAR(120) NOT NULL,
  `email`                VARCHAR(254) NOT NULL,
  `stopped`              INTEGER NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`insurer_code`, `manager_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
