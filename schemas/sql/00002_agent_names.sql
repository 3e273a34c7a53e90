-- +goose Up
CREATE TABLE IF NOT EXISTS `agent_names` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `kind`                 VARCHAR(20) NOT NULL,
  `name`                 VARCHAR(80) NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `kind`, `name`),
  CONSTRAINT `agent_names_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
