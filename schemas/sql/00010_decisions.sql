-- +goose Up
CREATE TABLE IF NOT EXISTS `decisions` (
  `seq`                  INTEGER NOT NULL,
  `agent_id_a`           VARCHAR(20) NOT NULL,
  `agent_id_b`           VARCHAR(20) NOT NULL,
  `verdict`              VARCHAR(20) NOT NULL,
  `decided_by`           VARCHAR(120) NOT NULL,
  `decided_at`           CHAR(27),
  `reason`               TEXT NOT NULL,
  `fingerprint`          VARCHAR(64) NOT NULL,
  `undone_at`            CHAR(27),
  `undone_by`            VARCHAR(120) NOT NULL,
  PRIMARY KEY (`seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
