-- +goose Up
CREATE TABLE IF NOT EXISTS `corrections` (
  `agent_id`             VARCHAR(20) NOT NULL,
  `receipt_no`           VARCHAR(30) NOT NULL,
  `item`                 VARCHAR(60) NOT NULL,
  `target`               VARCHAR(60) NOT NULL,
  `version_no`           INTEGER NOT NULL,
  `division`             VARCHAR(20) NOT NULL,
  `value_before`         VARCHAR(400) NOT NULL,
  `value_after`          VARCHAR(400) NOT NULL,
  `proof`                VARCHAR(200) NOT NULL,
  `requested_on`         CHAR(10),
  `received_by`          VARCHAR(60) NOT NULL,
  `sender`               VARCHAR(64) NOT NULL,
  `state`                VARCHAR(20) NOT NULL,
  `state_since`          CHAR(10),
  `reason`               VARCHAR(60) NOT NULL,
  `target_code`          VARCHAR(20) NOT NULL,
  `target_no`            VARCHAR(30) NOT NULL,
  `target_on`            CHAR(10),
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`agent_id`, `receipt_no`, `item`, `target`, `version_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
