-- +goose Up
CREATE TABLE IF NOT EXISTS `pair_weights` (
  `agent_id_a`           VARCHAR(20) NOT NULL,
  `agent_id_b`           VARCHAR(20) NOT NULL,
  `effect`               DOUBLE,
  `comparisons`          MEDIUMTEXT NOT NULL,
  PRIMARY KEY (`agent_id_a`, `agent_id_b`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
