-- @Rows nvarchar(max)
-- @Pause bigint
-- Each operation once. A due time that a poll postponed does not change.
insert into operation
(
    location_id, event_id, kind, state, deferred, started_at, last_notification_at, due_at, notifications, succeeded, failed,
    counted, polls
)
select json_extract(r.value, '$[0]'), json_extract(r.value, '$[1]'), json_extract(r.value, '$[2]'), 'open', 0,
    json_extract(r.value, '$[3]'), json_extract(r.value, '$[4]'), json_extract(r.value, '$[5]'),
    json_extract(r.value, '$[6]'), json_extract(r.value, '$[7]'), json_extract(r.value, '$[8]'), 0, 0
from json_each(@Rows) r
where true
on conflict (event_id, location_id) do update
set kind = coalesce(operation.kind, excluded.kind),
    last_notification_at = case
        when operation.last_notification_at > excluded.last_notification_at then operation.last_notification_at
        else excluded.last_notification_at
    end,
    due_at = case
        when operation.last_polled_at + @Pause > excluded.due_at then operation.last_polled_at + @Pause
        else excluded.due_at
    end,
    notifications = operation.notifications + excluded.notifications,
    succeeded = operation.succeeded + excluded.succeeded,
    failed = operation.failed + excluded.failed,
    counted = case
        when operation.closed_at is null
            and operation.succeeded + excluded.succeeded + operation.failed + excluded.failed >= operation.tasks then 1
        else 0
    end,
    polls = 0
returning location_id LocationId, event_id EventId, tasks, counted, closed_at ClosedAt
