-- +goose Up
CREATE TABLE IF NOT EXISTS `registration_events` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `agency_no`            VARCHAR(20) NOT NULL,
  `role`                 VARCHAR(20) NOT NULL,
  `event`                VARCHAR(20) NOT NULL,
  `event_on`             CHAR(10) NOT NULL,
  `closed_on`            CHAR(10),
  `lead_insurer`         VARCHAR(20) NOT NULL,
  `other_insurers`       VARCHAR(1000) NOT NULL,
  `agency_name`          VARCHAR(120) NOT NULL,
  `agency_address`       VARCHAR(200) NOT NULL,
  `product_lines`        VARCHAR(200) NOT NULL,
  `note`                 VARCHAR(200) NOT NULL,
  `sender`               VARCHAR(64) NOT NULL,
  `arrival`              VARCHAR(400) NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `agency_no`, `role`, `event`, `event_on`),
  CONSTRAINT `registration_events_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
