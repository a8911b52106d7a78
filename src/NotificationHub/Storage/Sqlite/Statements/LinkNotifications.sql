insert into operation_notification (location_id, event_id, seq)
values (?1, ?2, ?3)
