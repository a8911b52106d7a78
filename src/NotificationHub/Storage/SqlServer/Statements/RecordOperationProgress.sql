-- @Rows nvarchar(max)
-- @Pause bigint
-- Each operation once. A due time that a poll postponed does not change. SQL Server treats IDs that differ only in trailing spaces as
-- equal: the first is stored, and the others must not fail the statement.
declare @progress table
(
    location_id   nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    event_id      nvarchar(200) collate Latin1_General_100_BIN2 not null,
    kind          nvarchar(max) null,
    started_at    bigint        not null,
    last_notification_at bigint        not null,
    due_at        bigint        not null,
    notifications bigint        not null,
    succeeded     bigint        not null,
    failed        bigint        not null
);

insert into @progress (location_id, event_id, kind, started_at, last_notification_at, due_at, notifications, succeeded, failed)
select location_id, event_id, kind, started_at, last_notification_at, due_at, notifications, succeeded, failed
from openjson(@Rows) with
(
    location_id   nvarchar(32)  '$[0]',
    event_id      nvarchar(200) '$[1]',
    kind          nvarchar(max) '$[2]',
    started_at    bigint        '$[3]',
    last_notification_at bigint        '$[4]',
    due_at        bigint        '$[5]',
    notifications bigint        '$[6]',
    succeeded     bigint        '$[7]',
    failed        bigint        '$[8]'
);

update o
set kind = coalesce(o.kind, h.kind),
    last_notification_at = case when o.last_notification_at > h.last_notification_at then o.last_notification_at else h.last_notification_at end,
    due_at = case when o.last_polled_at + @Pause > h.due_at then o.last_polled_at + @Pause else h.due_at end,
    notifications = o.notifications + h.notifications,
    succeeded = o.succeeded + h.succeeded,
    failed = o.failed + h.failed,
    counted = case
        when o.closed_at is null and o.succeeded + h.succeeded + o.failed + h.failed >= o.tasks then 1
        else 0
    end,
    polls = 0
from operation o
join @progress h on h.event_id = o.event_id and h.location_id = o.location_id
    and datalength(h.event_id) = datalength(o.event_id);

insert into operation
(
    location_id, event_id, kind, state, deferred, started_at, last_notification_at, due_at, notifications, succeeded, failed,
    counted, polls
)
select h.location_id, h.event_id, h.kind, 'open', 0, h.started_at, h.last_notification_at, h.due_at, h.notifications, h.succeeded,
    h.failed, 0, 0
from
(
    select *, row_number() over (partition by event_id, location_id order by datalength(event_id)) place
    from @progress
) h
where h.place = 1 and not exists (select 1 from operation o where o.event_id = h.event_id and o.location_id = h.location_id);

select o.location_id LocationId, o.event_id EventId, o.tasks, o.counted, o.closed_at ClosedAt
from operation o
join @progress h on h.event_id = o.event_id and h.location_id = o.location_id
    and datalength(h.event_id) = datalength(o.event_id);
