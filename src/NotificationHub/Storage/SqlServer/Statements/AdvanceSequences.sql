-- @Notifications bigint
-- @Events bigint
-- A table that has never had a row uses this number next; any other table uses the following one.
declare @notification bigint = @Notifications + 1, @event bigint = @Events + 1;
dbcc checkident ('notification_log', reseed, @notification) with no_infomsgs;
dbcc checkident ('event_log', reseed, @event) with no_infomsgs;
