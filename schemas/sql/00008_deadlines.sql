-- +goose Up
CREATE TABLE IF NOT EXISTS `deadlines` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `status`               VARCHAR(20) NOT NULL,
  `retention_case`       VARCHAR(20) NOT NULL,
  `base_kind`            VARCHAR(20) NOT NULL,
  `base_on`              CHAR(10),
  `period`               VARCHAR(20) NOT NULL,
  `extensions`           MEDIUMTEXT NOT NULL,
  `last_day`             CHAR(10),
  `first_deletable`      CHAR(10),
  `decisions`            TEXT NOT NULL,
  `reason`               TEXT NOT NULL,
  `evidence`             MEDIUMTEXT NOT NULL,
  `rule_version`         VARCHAR(200) NOT NULL,
  PRIMARY KEY (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
