-- +goose Up
CREATE TABLE IF NOT EXISTS `agencies` (
  `agency_no`            VARCHAR(20) NOT NULL,
  `lead_insurer`         VARCHAR(20) NOT NULL,
  `other_insurers`       VARCHAR(1000) NOT NULL,
  `name`                 VARCHAR(120) NOT NULL,
  `address`              VARCHAR(200) NOT NULL,
  `as_of`                CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agency_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
