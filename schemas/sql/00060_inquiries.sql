-- +goose Up
CREATE TABLE IF NOT EXISTS `inquiries` (
  `receipt_no`           VARCHAR(30) NOT NULL,
  `received_on`          CHAR(10),
  `inquirer`             VARCHAR(60) NOT NULL,
  `contact`              VARCHAR(200) NOT NULL,
  `agent_id`             VARCHAR(20) NOT NULL,
  `answerer`             VARCHAR(60) NOT NULL,
  `answer`               VARCHAR(2000) NOT NULL,
  `answered_on`          CHAR(10),
  `way`                  VARCHAR(20) NOT NULL,
  `identified`           INTEGER NOT NULL,
  `called_back`          INTEGER NOT NULL,
  `by_proxy`             INTEGER NOT NULL,
  `mandate_seen`         INTEGER NOT NULL,
  `proxy_proved`         INTEGER NOT NULL,
  `origins`              TEXT NOT NULL,
  PRIMARY KEY (`receipt_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
