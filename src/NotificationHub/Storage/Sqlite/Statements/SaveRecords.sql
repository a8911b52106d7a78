-- @LocationId text
-- @Kind text
-- @Rows text
-- @number integer
-- @now integer
-- The row of a record that is gone stays: its revision and read number outlive it.
insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
select @LocationId, @Kind, value ->> 0, value ->> 1, @number, 0, @now
from json_each(@Rows)
where true
on conflict (location_id, kind, key) do update
set data = excluded.data, read_number = excluded.read_number, changed_at = excluded.changed_at
