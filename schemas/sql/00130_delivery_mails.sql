-- +goose Up
CREATE TABLE IF NOT EXISTS `delivery_mails` (
  `mail_id`              VARCHAR(80) NOT NULL,
  `reader`               VARCHAR(64) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `reason`               VARCHAR(40) NOT NULL,
  `tries`                INTEGER NOT NULL,
  `as_of`                CHAR(10),
  `at`                   CHAR(27),
  PRIMARY KEY (`mail_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
