-- Fills the export's database, which holds tables for readers only.
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`expiry_report` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`purge_lists` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`purge_list` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`purge_receipts` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`duplicate_list` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`conduct_findings` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`deliveries` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`import_batches` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`import_faults` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`report_manifest` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`runs` TO '{{account}}'@'{{host}}';
GRANT SELECT, INSERT, UPDATE, DELETE ON `{{database}}`.`run_steps` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`export_version` TO '{{account}}'@'{{host}}';
