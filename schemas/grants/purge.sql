-- Executes approved lists: deletes and signs, but cannot approve. It inserts what
-- it takes back, and cannot change a row of the register.
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT ON `{{schema}}`.* TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`agents` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`agent_names` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`qualifications` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`registration_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`registrations` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`activities` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`bulk_inquiries` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`corrections` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`deadlines` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`clusters` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`decisions` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`decision_origins` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purge_reviews` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`holds` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_plan` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_undo` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`purge_guard` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`expiry_report` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purge_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purge_changes` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`duplicate_list` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`conduct_findings` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`incidents` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`import_faults` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`purge_receipts` TO '{{account}}'@'{{host}}';
GRANT INSERT, DELETE ON `{{database}}`.`purpose_log` TO '{{account}}'@'{{host}}';
GRANT INSERT ON `{{database}}`.`audit_events` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE (`state`, `approvals`, `receipt_no`) ON `{{database}}`.`purge_lists` TO '{{account}}'@'{{host}}';
-- It is a run of its own.
GRANT INSERT, UPDATE ON `{{database}}`.`report_manifest` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`runs` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_steps` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`run_settings` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE, DELETE ON `{{database}}`.`run_progress` TO '{{account}}'@'{{host}}';
GRANT INSERT, UPDATE ON `{{database}}`.`leases` TO '{{account}}'@'{{host}}';
