-- The keys that encrypt content tokens, unless they are in a folder. A certificate that is not in the database encrypts the secrets in the
-- xml; only in Development may they be in clear.
create table data_protection_key
(
    id            bigint        identity(1, 1) not null,
    friendly_name nvarchar(200) collate Latin1_General_100_BIN2 not null,
    xml           nvarchar(max) not null,
    created_at    bigint        not null,
    constraint data_protection_key_key primary key clustered (id)
);
