-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_guard` (
  `id_hmac`              CHAR(64) NOT NULL,
  `list_no`              INTEGER NOT NULL,
  `purged_on`            CHAR(10),
  `keep_until`           CHAR(10),
  PRIMARY KEY (`id_hmac`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
