-- @Notifications bigint
-- @Events bigint
-- A table that never had a row gives out this number itself next, another one the number behind it.
declare @notification bigint = @Notifications + 1, @event bigint = @Events + 1;
dbcc checkident ('notification_log', reseed, @notification) with no_infomsgs;
dbcc checkident ('event_log', reseed, @event) with no_infomsgs;
