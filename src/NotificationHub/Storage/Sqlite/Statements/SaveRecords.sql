-- @LocationId text
-- @KindName text
-- @Rows text
-- @number integer
-- @now integer
-- A removed record's row stays in the table to preserve its revision and read number.
insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
select @LocationId, @KindName, value ->> 0, value ->> 1, @number, 0, @now
from json_each(@Rows)
where true
on conflict (location_id, kind, key) do update
set data = excluded.data, read_number = excluded.read_number, changed_at = excluded.changed_at
