-- +goose Up
CREATE TABLE IF NOT EXISTS `decision_origins` (
  `seq`                  INTEGER NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`seq`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
