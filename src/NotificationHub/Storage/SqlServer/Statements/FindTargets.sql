-- @Keys nvarchar(max)
select t.location_id LocationId, t.kind KindName, t."key", t.requested, t.fetched, t.holders, t.expects,
    t.first_requested_at FirstRequestedAt, t.max_wait MaxWait, t.due_at DueAt, t.read_at ReadAt
from openjson(@Keys) with
(
    location_id nvarchar(32)  '$[0]',
    kind        nvarchar(32)  '$[1]',
    "key"       nvarchar(380) '$[2]'
) k
join refetch_target t on t.location_id = k.location_id collate Latin1_General_100_BIN2
    and t.kind = k.kind collate Latin1_General_100_BIN2
    and t."key" = k."key" collate Latin1_General_100_BIN2
    -- SQL Server ignores trailing spaces when it compares.
    and datalength(t."key") = datalength(k."key")
