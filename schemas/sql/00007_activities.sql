-- +goose Up
CREATE TABLE IF NOT EXISTS `activities` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `acted_on`             CHAR(10) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `actor`                VARCHAR(60) NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `acted_on`, `kind`, `actor`),
  CONSTRAINT `activities_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
