-- +goose Up
CREATE TABLE IF NOT EXISTS `agents` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `name`                 VARCHAR(60) NOT NULL,
  `name_kana`            VARCHAR(80) NOT NULL,
  `former_name`          VARCHAR(60) NOT NULL,
  `born_on`              CHAR(10),
  `sex`                  VARCHAR(20) NOT NULL,
  `email`                VARCHAR(254) NOT NULL,
  `id_acquired_on`       CHAR(10),
  `suspended`            INTEGER NOT NULL,
  `duplicate_flag`       INTEGER NOT NULL,
  `affiliated`           INTEGER NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
