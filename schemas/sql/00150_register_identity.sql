-- +goose Up
CREATE TABLE IF NOT EXISTS `register_identity` (
  `register_id`          CHAR(16) NOT NULL,
  PRIMARY KEY (`register_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
