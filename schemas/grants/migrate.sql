-- Makes and changes tables and views. Views run with its rights: it may be locked
-- after a migration, not dropped.
CREATE USER IF NOT EXISTS '{{account}}'@'{{host}}' IDENTIFIED BY '{{password}}' REQUIRE {{tls}};
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW ON `{{schema}}`.* TO '{{account}}'@'{{host}}';
