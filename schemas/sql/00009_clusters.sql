-- +goose Up
CREATE TABLE IF NOT EXISTS `clusters` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `cluster_id`           VARCHAR(20) NOT NULL,
  PRIMARY KEY (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
