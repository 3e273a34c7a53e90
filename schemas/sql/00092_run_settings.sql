-- +goose Up
CREATE TABLE IF NOT EXISTS `run_settings` (
  `config_hash`          VARCHAR(64) NOT NULL,
  `settings`             TEXT NOT NULL,
  PRIMARY KEY (`config_hash`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
