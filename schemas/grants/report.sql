-- One insurer reads its own rows, through its views only.
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_expiry_report` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_conduct_findings` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_import_batches` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_import_faults` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_deliveries` TO '{{account}}'@'{{host}}';
GRANT SELECT ON `{{database}}`.`v_insurer_{{insurer}}_report_manifest` TO '{{account}}'@'{{host}}';
