-- The keys that content tokens are encrypted with, where they are not kept in a folder. What is secret in the xml is encrypted for a certificate
-- that is not in the database; only in Development may it be in clear.
create table data_protection_key
(
    id            bigint        identity(1, 1) not null,
    friendly_name nvarchar(200) collate Latin1_General_100_BIN2 not null,
    xml           nvarchar(max) not null,
    created_at    bigint        not null,
    constraint data_protection_key_key primary key clustered (id)
);

-- Replicas that take over one and the same folder write each key once.
create unique index data_protection_key_name on data_protection_key (friendly_name);
