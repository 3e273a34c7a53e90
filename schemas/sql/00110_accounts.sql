-- +goose Up
CREATE TABLE IF NOT EXISTS `accounts` (
  `insurer_code`         VARCHAR(20) NOT NULL,
  `account_id`           VARCHAR(60) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `title`                VARCHAR(20) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `email`                VARCHAR(254) NOT NULL,
  `stopped_on`           CHAR(10),
  `stopped_by`           VARCHAR(120) NOT NULL,
  `stop_reason`          TEXT NOT NULL,
  `password_state`       VARCHAR(20) NOT NULL,
  `password_hash`        VARCHAR(200) NOT NULL,
  `notice`               VARCHAR(120) NOT NULL,
  PRIMARY KEY (`insurer_code`, `account_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
