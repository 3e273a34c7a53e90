-- +goose Up
CREATE TABLE IF NOT EXISTS `delivery_addresses` (
  `reader`               VARCHAR(64) NOT NULL,
  `address`              VARCHAR(254) NOT NULL,
  `tested_on`            CHAR(10),
  `confirmed_on`         CHAR(10),
  `confirmed_by`         VARCHAR(120) NOT NULL,
  PRIMARY KEY (`reader`, `address`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
