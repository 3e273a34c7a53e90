-- +goose Up
CREATE TABLE IF NOT EXISTS `conduct_findings` (
  `rule_id`              VARCHAR(40) NOT NULL,
  `subject_key`          VARCHAR(120) NOT NULL,
  `acted_on`             CHAR(10) NOT NULL,
  `clause`               VARCHAR(200) NOT NULL,
  `rule_version`         VARCHAR(200) NOT NULL,
  `verdict`              VARCHAR(20) NOT NULL,
  `reason_code`          VARCHAR(60) NOT NULL,
  `staff_id`             VARCHAR(20) NOT NULL,
  `insurer_code`         VARCHAR(20) NOT NULL,
  `evidence`             TEXT NOT NULL,
  `first_seen`           CHAR(10),
  `waived_by`            VARCHAR(120) NOT NULL,
  `waived_until`         CHAR(10),
  PRIMARY KEY (`rule_id`, `subject_key`, `acted_on`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
