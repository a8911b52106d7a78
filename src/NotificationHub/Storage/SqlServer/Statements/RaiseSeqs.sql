-- @Notifications bigint
-- @Events bigint
dbcc checkident ('notification_log', reseed, @Notifications) with no_infomsgs;
dbcc checkident ('event_log', reseed, @Events) with no_infomsgs;
