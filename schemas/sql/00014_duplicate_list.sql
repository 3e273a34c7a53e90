-- +goose Up
CREATE TABLE IF NOT EXISTS `duplicate_list` (
  `agent_id_a`           VARCHAR(20) NOT NULL,
  `agent_id_b`           VARCHAR(20) NOT NULL,
  `weight`               DOUBLE,
  `probability`          DOUBLE,
  `class`                VARCHAR(20) NOT NULL,
  `reasons`              MEDIUMTEXT NOT NULL,
  `decision`             VARCHAR(20) NOT NULL,
  `decided_by`           VARCHAR(120) NOT NULL,
  `decided_at`           CHAR(27),
  `first_seen_on`        CHAR(10),
  `fingerprint`          VARCHAR(64) NOT NULL,
  PRIMARY KEY (`agent_id_a`, `agent_id_b`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
