-- +goose Up
CREATE TABLE IF NOT EXISTS `qualifications` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `qualification_code`   VARCHAR(20) NOT NULL,
  `certificate_no`       VARCHAR(30) NOT NULL,
  `pass_code`            VARCHAR(20) NOT NULL,
  `result`               VARCHAR(20) NOT NULL,
  `judged_on`            CHAR(10),
  `expires_on`           CHAR(10),
  `unlimited`            INTEGER NOT NULL,
  `next_exam`            CHAR(7),
  `acquired_at`          VARCHAR(20) NOT NULL,
  `posted_by`            VARCHAR(20) NOT NULL,
  `posted_on`            CHAR(10),
  `posted_given`         INTEGER NOT NULL,
  `withdrawn_on`         CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `qualification_code`, `certificate_no`),
  CONSTRAINT `qualifications_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
