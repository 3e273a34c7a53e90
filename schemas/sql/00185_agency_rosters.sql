-- +goose Up
CREATE TABLE IF NOT EXISTS `agency_rosters` (
  `agency_no`            VARCHAR(20) NOT NULL,
  `reader`               VARCHAR(64) NOT NULL,
  `content`              VARCHAR(64) NOT NULL,
  `people`               INTEGER NOT NULL,
  `written_on`           CHAR(10),
  PRIMARY KEY (`agency_no`)
) /*! ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin */;
