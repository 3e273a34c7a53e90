-- Executes approved lists: deletes and signs, but cannot approve. It inserts what
-- it takes back. Of rows of the register that stay it can change no more than the
-- texts in which somebody who is deleted may be named (inventory.yaml).
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT ON `{{schema}}`.* TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`agents` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`agent_names` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`qualifications` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`agency_name`, `agency_address`, `note`), DELETE ON `{{database}}`.`registration_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`agency_name`, `agency_address`, `note`), DELETE ON `{{database}}`.`registrations` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`activities` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`bulk_inquiries` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`value_before`, `value_after`, `proof`, `received_by`), DELETE ON `{{database}}`.`corrections` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`deadlines` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`clusters` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`cluster_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`pair_weights` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`reason`), DELETE ON `{{database}}`.`decisions` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`decision_origins` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`reason`), DELETE ON `{{database}}`.`purge_reviews` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`reason`, `release_reason`), DELETE ON `{{database}}`.`holds` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_plan` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_undo` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_guard` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`expiry_report` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purge_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purge_changes` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`duplicate_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`conduct_findings` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`reporter`, `reported_to`, `organisation`, `told`), DELETE ON `{{database}}`.`incidents` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`proof`), DELETE ON `{{database}}`.`statement_requests` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`import_faults` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`purge_receipts` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purpose_log` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`audit_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`state`, `approvals`, `receipt_no`) ON `{{database}}`.`purge_lists` TO '{{account}}'@'{{host}}';
GRANT UPDATE (`stop_reason`) ON `{{database}}`.`accounts` TO '{{account}}'@'{{host}}';
GRANT UPDATE (`name`, `address`) ON `{{database}}`.`agencies` TO '{{account}}'@'{{host}}';
GRANT UPDATE (`reason`) ON `{{database}}`.`purge_approvals` TO '{{account}}'@'{{host}}';
GRANT UPDATE (`file_name`) ON `{{database}}`.`import_batches` TO '{{account}}'@'{{host}}';
GRANT UPDATE (`path`, `file_name`) ON `{{database}}`.`run_files` TO '{{account}}'@'{{host}}';
-- It is a run of its own.
GRANT INSERT, UPDATE ON `{{database}}`.`report_manifest` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`runs` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_steps` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_settings` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`run_progress` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`leases` TO '{{account}}'@'{{host}}';
