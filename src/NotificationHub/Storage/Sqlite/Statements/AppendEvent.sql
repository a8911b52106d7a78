insert into event_log
(
    topic, type, location_id, subject, notification_seq, data, action, result, change, cause,
    adam_id, correlation_id, conflict, traceparent, created_at
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
