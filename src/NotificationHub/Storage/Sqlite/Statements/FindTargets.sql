-- @Keys nvarchar(max)
-- The cross join keeps the order: one seek for each key.
select t.location_id LocationId, t.kind KindName, t.key, t.requested, t.fetched, t.holders, t.expects,
    t.first_requested_at FirstRequestedAt, t.max_wait MaxWait, t.due_at DueAt, t.read_at ReadAt
from json_each(@Keys) k
cross join refetch_target t
where t.location_id = json_extract(k.value, '$[0]')
    and t.kind = json_extract(k.value, '$[1]')
    and t.key = json_extract(k.value, '$[2]')
