-- +goose Up
CREATE TABLE IF NOT EXISTS `statement_requests` (
  `receipt_no`           VARCHAR(30) NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `as_of`                CHAR(10),
  `requested_on`         CHAR(10),
  `proof`                VARCHAR(200) NOT NULL,
  `handled_by`           VARCHAR(120) NOT NULL,
  `system_user`          VARCHAR(120) NOT NULL,
  `at`                   CHAR(27),
  PRIMARY KEY (`receipt_no`, `agent_id`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
