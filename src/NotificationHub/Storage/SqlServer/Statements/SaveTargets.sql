-- @Rows nvarchar(max)
-- SQL Server treats keys that differ only in trailing spaces as equal: the first is stored, and the others must not fail the statement.
declare @asked table
(
    location_id        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind               nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    "key"              nvarchar(380) collate Latin1_General_100_BIN2 not null,
    holders            nvarchar(max) null,
    first_requested_at bigint        not null,
    now                bigint        not null,
    due_at             bigint        not null,
    max_wait           bigint        not null,
    correlation_id     nvarchar(max) null,
    traceparent        nvarchar(max) null,
    expects            nvarchar(max) null
);

insert into @asked
(
    location_id, kind, "key", holders, first_requested_at, now, due_at, max_wait, correlation_id, traceparent, expects
)
select location_id, kind, "key", holders, first_requested_at, now, due_at, max_wait, correlation_id, traceparent, expects
from openjson(@Rows) with
(
    location_id        nvarchar(32)  '$[0]',
    kind               nvarchar(32)  '$[1]',
    "key"              nvarchar(380) '$[2]',
    holders            nvarchar(max) '$[3]',
    first_requested_at bigint        '$[4]',
    now                bigint        '$[5]',
    due_at             bigint        '$[6]',
    max_wait           bigint        '$[7]',
    correlation_id     nvarchar(max) '$[8]',
    traceparent        nvarchar(max) '$[9]',
    expects            nvarchar(max) '$[10]'
);

update t
set requested = t.requested + 1, holders = a.holders, first_requested_at = a.first_requested_at,
    last_requested_at = a.now, max_wait = a.max_wait,
    due_at = a.due_at,
    correlation_id = a.correlation_id, traceparent = a.traceparent, expects = a.expects, rereads = 0
from refetch_target t
join @asked a on a.location_id = t.location_id and a.kind = t.kind and a."key" = t."key"
    and datalength(a."key") = datalength(t."key");

insert into refetch_target
(
    location_id, kind, "key", requested, fetched, holders, first_requested_at, last_requested_at,
    due_at, max_wait, attempts, correlation_id, traceparent, expects, rereads
)
select a.location_id, a.kind, a."key", 1, 0, a.holders, a.first_requested_at, a.now,
    a.due_at, a.max_wait, 0, a.correlation_id, a.traceparent, a.expects, 0
from
(
    select *, row_number() over (partition by location_id, kind, "key" order by datalength("key")) place
    from @asked
) a
where a.place = 1 and not exists
(
    select 1
    from refetch_target t
    where t.location_id = a.location_id and t.kind = a.kind and t."key" = a."key"
);
