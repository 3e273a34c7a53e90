-- +goose Up
CREATE TABLE IF NOT EXISTS `holds` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `hold_no`              INTEGER NOT NULL,
  `code`                 VARCHAR(20) NOT NULL,
  `reason`               TEXT NOT NULL,
  `held_by`              VARCHAR(120) NOT NULL,
  `since`                CHAR(10),
  `review_by`            CHAR(10),
  `system_user`          VARCHAR(120) NOT NULL,
  `released_on`          CHAR(10),
  `released_by`          VARCHAR(120) NOT NULL,
  `release_reason`       TEXT NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `hold_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
