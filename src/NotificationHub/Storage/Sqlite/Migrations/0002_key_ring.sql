-- The keys that content tokens are encrypted with, where they are not kept in a folder. What is secret in the xml is encrypted for a certificate
-- that is not in the database; only in Development may it be in clear.
create table data_protection_key (
    id            integer primary key autoincrement,
    friendly_name text    not null,
    xml           text    not null,
    created_at    integer not null
);

-- Replicas that take over one and the same folder write each key once.
create unique index data_protection_key_name on data_protection_key (friendly_name);
