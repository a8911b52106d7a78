insert into refetch_target
(
    location_id, kind, key, requested, fetched, holders, first_requested_at, last_requested_at,
    due_at, max_wait, attempts, correlation_id, traceparent, expects
)
values (?, ?, ?, 1, 0, ?, ?, ?, ?, ?, 0, ?, ?, ?)
on conflict (location_id, kind, key) do update
set requested = requested + 1, holders = excluded.holders, first_requested_at = excluded.first_requested_at,
    last_requested_at = excluded.last_requested_at, max_wait = excluded.max_wait,
    due_at = excluded.due_at,
    correlation_id = excluded.correlation_id, traceparent = excluded.traceparent,
    expects = excluded.expects, rereads = 0
