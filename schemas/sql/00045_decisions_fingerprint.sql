-- +goose Up
-- A pair may share any number of certificates. SQLite keeps no limits and reads a comment.
/*! ALTER TABLE `decisions` MODIFY `fingerprint` TEXT NOT NULL */;
