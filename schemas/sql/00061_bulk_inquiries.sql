-- +goose Up
CREATE TABLE IF NOT EXISTS `bulk_inquiries` (
  `sender`               VARCHAR(64) NOT NULL,
  `inquiry_no`           VARCHAR(30) NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `name_kana`            VARCHAR(80) NOT NULL,
  `born_on`              CHAR(10),
  `certificate_no`       VARCHAR(30) NOT NULL,
  `asked_on`             CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`sender`, `inquiry_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
