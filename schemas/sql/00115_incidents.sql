-- +goose Up
CREATE TABLE IF NOT EXISTS `incidents` (
  `sender`               VARCHAR(64) NOT NULL,
  `incident_id`          VARCHAR(30) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `happened_on`          CHAR(10),
  `known_on`             CHAR(10),
  `reported_on`          CHAR(10),
  `reporter`             VARCHAR(60) NOT NULL,
  `reported_to`          VARCHAR(120) NOT NULL,
  `organisation`         VARCHAR(120) NOT NULL,
  `account`              VARCHAR(60) NOT NULL,
  `stopped_on`           CHAR(10),
  `told`                 VARCHAR(120) NOT NULL,
  `told_on`              CHAR(10),
  `closed_on`            CHAR(10),
  `heard_on`             CHAR(10),
  `resolved_on`          CHAR(10),
  `acted_on`             CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`sender`, `incident_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
