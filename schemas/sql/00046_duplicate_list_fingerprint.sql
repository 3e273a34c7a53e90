-- +goose Up
-- See 00045.
/*! ALTER TABLE `duplicate_list` MODIFY `fingerprint` TEXT NOT NULL */;
