insert into notification_log
(
    seq, location_id, dedup_hash, notification_id, notification_type, u_id, body, body_sha256, body_hash,
    received_at, remote_address, user_agent, traceparent, disposition, conflict, error, content_type
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
