-- +goose Up
CREATE TABLE IF NOT EXISTS `audit_events` (
  `seq`                  INTEGER NOT NULL,
  `at`                   CHAR(27) NOT NULL,
  `actor`                VARCHAR(120) NOT NULL,
  `system_user`          VARCHAR(120) NOT NULL,
  `action`               VARCHAR(40) NOT NULL,
  `object`               VARCHAR(64) NOT NULL,
  `payload`              TEXT NOT NULL,
  `prev`                 CHAR(64) NOT NULL,
  `hash`                 CHAR(64) NOT NULL,
  PRIMARY KEY (`seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
