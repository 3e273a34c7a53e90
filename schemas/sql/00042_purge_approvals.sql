-- +goose Up
CREATE TABLE IF NOT EXISTS `purge_approvals` (
  `list_no`              INTEGER NOT NULL,
  `list_hash`            VARCHAR(64) NOT NULL,
  `approved_by`          VARCHAR(120) NOT NULL,
  `approved_at`          CHAR(27),
  `expires_on`           CHAR(10),
  `system_user`          VARCHAR(120) NOT NULL,
  `reason`               TEXT NOT NULL,
  PRIMARY KEY (`list_no`, `list_hash`, `approved_by`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
