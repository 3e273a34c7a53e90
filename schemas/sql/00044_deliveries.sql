-- +goose Up
CREATE TABLE IF NOT EXISTS `deliveries` (
  `delivery_id`          VARCHAR(80) NOT NULL,
  `reader`               VARCHAR(64) NOT NULL,
  `report`               VARCHAR(40) NOT NULL,
  `sha256`               VARCHAR(64) NOT NULL,
  `rows`                 INTEGER NOT NULL,
  `encryption`           VARCHAR(40) NOT NULL,
  `file_channel`         VARCHAR(40) NOT NULL,
  `key_channel`          VARCHAR(40) NOT NULL,
  `test_mail_on`         CHAR(10),
  `cc`                   TEXT NOT NULL,
  `at`                   CHAR(27),
  PRIMARY KEY (`delivery_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
