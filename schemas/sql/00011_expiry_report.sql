-- +goose Up
CREATE TABLE IF NOT EXISTS `expiry_report` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `insurer_code`         VARCHAR(20) NOT NULL,
  `qualification_code`   VARCHAR(20) NOT NULL,
  `certificate_no`       VARCHAR(30) NOT NULL,
  `agency_no`            VARCHAR(20) NOT NULL,
  `agency_name`          VARCHAR(120) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `qualification_name`   VARCHAR(200) NOT NULL,
  `judged_on`            CHAR(10),
  `expires_on`           CHAR(10),
  `expiry_source`        VARCHAR(20) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `step`                 VARCHAR(20) NOT NULL,
  `next_exam`            CHAR(7),
  `next_exam_source`     VARCHAR(20) NOT NULL,
  `lines_allowed`        TEXT NOT NULL,
  `person_state`         VARCHAR(20) NOT NULL,
  `cluster_state`        VARCHAR(20) NOT NULL,
  `cluster_lines`        TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `insurer_code`, `qualification_code`, `certificate_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
