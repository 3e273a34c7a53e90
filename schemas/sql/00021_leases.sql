-- +goose Up
CREATE TABLE IF NOT EXISTS `leases` (
  `name`                 VARCHAR(40) NOT NULL,
  `holder`               VARCHAR(200) NOT NULL,
  `token`                BIGINT NOT NULL,
  `since`                CHAR(27),
  `expires_at`           CHAR(27),
  PRIMARY KEY (`name`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
