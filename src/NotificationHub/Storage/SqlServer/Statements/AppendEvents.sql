-- @Rows nvarchar(max)
-- @Data varbinary(max)
-- @Patience int
-- The lock makes commit order the log order; identity values alone do not.
-- Application locks may be scoped to the server, so the name of the lock contains the name of the database.
declare @lock int, @resource nvarchar(255) = concat('notificationhub:', db_name(), ':event log');
exec @lock = sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction',
    @LockTimeout = @Patience;
if @lock < 0
    throw 50001, 'Another transaction kept the event log for too long.', 1;

declare @appended table (seq bigint not null);

insert into event_log
(
    topic, type, location_id, subject, notification_seq, data, action, result, change, cause,
    adam_id, correlation_id, conflict, traceparent, created_at
)
output inserted.seq into @appended
select topic, type, location_id, subject, notification_seq, substring(@Data, data_start, data_length), action, result, change,
    cause, adam_id, correlation_id, conflict, traceparent, created_at
from openjson(@Rows) with
(
    batch_index            int           '$.index',
    topic            nvarchar(40)  '$.topic',
    type             nvarchar(100) '$.type',
    location_id      nvarchar(32)  '$.location',
    subject          nvarchar(max) '$.subject',
    notification_seq bigint        '$.notification',
    data_start       bigint        '$.start',
    data_length      bigint        '$.length',
    action           nvarchar(max) '$.action',
    result           nvarchar(max) '$.result',
    change           nvarchar(max) '$.change',
    cause            nvarchar(max) '$.cause',
    adam_id          nvarchar(max) '$.adamId',
    correlation_id   nvarchar(max) '$.correlation',
    conflict         bigint        '$.conflict',
    traceparent      nvarchar(max) '$.traceparent',
    created_at       bigint        '$.createdAt'
)
order by batch_index;

select seq from @appended order by seq;
