-- Does the nights. It cannot delete from the register but what 要領
-- §12 names, nor approve; it certifies what it destroyed, and of decisions it notes those that reviewers send back.
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT ON `{{schema}}`.* TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`agents` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`agent_names` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`qualifications` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`registration_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`agencies` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`activities` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`inquiries` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`bulk_inquiries` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`staff` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`managers` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`corrections` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`incidents` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`purge_lists` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`import_batches` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`import_statistics` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`report_manifest` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`runs` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_steps` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_files` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`nights` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_settings` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`leases` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`register_identity` TO '{{account}}'@'{{host}}';
-- Folded or computed: rows come and go.
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`registrations` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`deadlines` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`clusters` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`pair_weights` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`expiry_report` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_changes` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`duplicate_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`conduct_findings` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`import_faults` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`purge_reviews` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`released_on`, `released_by`, `release_reason`) ON `{{database}}`.`holds` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`run_progress` TO '{{account}}'@'{{host}}';
-- What it ends: plans, undo windows and the guard over deleted IDs.
GRANT DELETE ON `{{database}}`.`purge_plan` TO '{{account}}'@'{{host}}';
GRANT DELETE ON `{{database}}`.`purge_undo` TO '{{account}}'@'{{host}}';
GRANT DELETE ON `{{database}}`.`purge_guard` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`accounts` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`account_notices` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`delivery_mails` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`delivery_addresses` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`agency_rosters` TO '{{account}}'@'{{host}}';
-- Only ever appended.
GRANT INSERT ON `{{database}}`.`cluster_events` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`purpose_log` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`decisions` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`decision_origins` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`deliveries` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`statement_requests` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`purge_receipts` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`audit_events` TO '{{account}}'@'{{host}}';
