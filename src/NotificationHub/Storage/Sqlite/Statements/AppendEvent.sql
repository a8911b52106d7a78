insert into event_log
(
    topic, type, location_id, subject, notification_seq, data, action, result, change, cause,
    adam_id, correlation_id, conflict, traceparent, created_at
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
