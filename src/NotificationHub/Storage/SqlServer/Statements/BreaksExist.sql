select count(*)
from INFORMATION_SCHEMA.TABLES
where TABLE_SCHEMA = schema_name() and TABLE_NAME = 'breaking_migration'
