insert into operation_notification (location_id, event_id, seq)
values (?, ?, ?)
