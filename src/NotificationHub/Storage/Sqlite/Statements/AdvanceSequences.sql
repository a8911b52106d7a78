-- @Notifications bigint
-- @Events bigint
delete from sqlite_sequence where name in ('notification_log', 'event_log');
insert into sqlite_sequence (name, seq) values ('notification_log', @Notifications), ('event_log', @Events);
