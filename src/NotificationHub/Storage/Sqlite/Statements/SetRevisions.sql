-- @LocationId text
-- @KindName text
-- @Rows text
-- The rows exist. Written as an insert, because an update from json_each would scan the whole kind.
insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
select @LocationId, @KindName, value ->> 0, null, 0, value ->> 1, 0
from json_each(@Rows)
where true
on conflict (location_id, kind, key) do update
set revision = excluded.revision
