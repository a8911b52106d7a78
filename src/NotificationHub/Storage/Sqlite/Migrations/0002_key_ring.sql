-- The keys that encrypt content tokens, unless they are in a folder. A certificate that is not in the database encrypts the secrets in the
-- xml; only in Development may they be in clear.
create table data_protection_key (
    id            integer primary key autoincrement,
    friendly_name text    not null,
    xml           text    not null,
    created_at    integer not null
);
