-- @Rows nvarchar(max)
-- @Bodies varbinary(max)
-- @Patience int
-- Appends a batch of notifications in one round trip, so that other replicas do not wait for this one between lock and commit. Bodies
-- are concatenated, each after its digest. Rows are returned in the order of the batch. SQL Server ignores trailing spaces when it
-- compares, so the lengths are compared, too.
set nocount on;
set xact_abort on;
set lock_timeout 2000;
set transaction isolation level read committed;
begin transaction;

declare @lock int, @resource nvarchar(255) = concat('notificationhub:', db_name(), ':notification log');
exec @lock = sp_getapplock @Resource = @resource, @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = @Patience;
if @lock < 0
    throw 50001, 'Another transaction kept the notification log for too long.', 1;

declare @notifications table
(
    batch_index             int           not null primary key,
    location_id       nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    dedup_hash        bigint        not null,
    body_hash         bigint        not null,
    notification_id   nvarchar(max) collate Latin1_General_100_BIN2 null,
    notification_type nvarchar(max) null,
    u_id              nvarchar(max) null,
    received_at       bigint        not null,
    remote_address    nvarchar(max) null,
    user_agent        nvarchar(max) null,
    content_type      nvarchar(max) null,
    traceparent       nvarchar(max) null,
    disposition       bigint        not null,
    conflict          bigint        not null,
    error             nvarchar(max) null,
    quota             bigint        not null,
    piece_start       bigint        not null,
    body_length       bigint        not null,
    same_seq          bigint        null,
    over_quota        bigint        not null
);

insert into @notifications
(
    batch_index, location_id, dedup_hash, body_hash, notification_id, notification_type, u_id, received_at, remote_address,
    user_agent, content_type, traceparent, disposition, conflict, error, quota, piece_start, body_length, over_quota
)
select batch_index, location_id, dedup_hash, body_hash, notification_id, notification_type, u_id, received_at, remote_address,
    user_agent, content_type, traceparent, disposition, conflict, error, quota, piece_start, body_length, 0
from openjson(@Rows) with
(
    batch_index             int           '$.index',
    location_id       nvarchar(32)  '$.location',
    dedup_hash        bigint        '$.dedupHash',
    body_hash         bigint        '$.bodyHash',
    notification_id   nvarchar(max) '$.id',
    notification_type nvarchar(max) '$.type',
    u_id              nvarchar(max) '$.uId',
    received_at       bigint        '$.receivedAt',
    remote_address    nvarchar(max) '$.remoteAddress',
    user_agent        nvarchar(max) '$.userAgent',
    content_type      nvarchar(max) '$.contentType',
    traceparent       nvarchar(max) '$.traceparent',
    disposition       bigint        '$.disposition',
    conflict          bigint        '$.conflict',
    error             nvarchar(max) '$.error',
    quota             bigint        '$.quota',
    piece_start       bigint        '$.start',
    body_length       bigint        '$.length'
);

update p
set same_seq =
    (
        select min(l.seq)
        from notification_log l
        where l.dedup_hash = p.dedup_hash and l.body_hash = p.body_hash and l.location_id = p.location_id
            and
            (
                (l.notification_id = p.notification_id and datalength(l.notification_id) = datalength(p.notification_id))
                or (l.notification_id is null and p.notification_id is null)
            )
            and l.body_sha256 = substring(@Bodies, p.piece_start, 32)
    ),
    -- Rejected notifications have no ID, so they cannot conflict.
    conflict = case
        when p.conflict = 1 then 1
        when p.notification_id is not null and exists
        (
            select 1
            from notification_log l
            where l.dedup_hash = p.dedup_hash and l.location_id = p.location_id and l.notification_id = p.notification_id
                and datalength(l.notification_id) = datalength(p.notification_id)
        ) then 1
        else 0
    end
from @notifications p;

update p
set over_quota = 1
from @notifications p
where p.disposition = 2 and p.same_seq is null
    and
    (select count(*) from notification_log l where l.disposition = 2 and l.location_id = p.location_id)
    +
    (
        select count(*)
        from @notifications earlier
        where earlier.disposition = 2 and earlier.same_seq is null and earlier.location_id = p.location_id
            and earlier.batch_index < p.batch_index
    ) >= p.quota;

declare @kept table (seq bigint not null);

insert into notification_log
(
    location_id, dedup_hash, notification_id, notification_type, u_id, body, body_sha256, body_hash,
    received_at, remote_address, user_agent, content_type, traceparent, disposition, conflict, error
)
output inserted.seq into @kept
select location_id, dedup_hash, notification_id, notification_type, u_id,
    substring(@Bodies, piece_start + 32, body_length), substring(@Bodies, piece_start, 32), body_hash,
    received_at, remote_address, user_agent, content_type, traceparent, disposition, conflict, error
from @notifications
where same_seq is null and over_quota = 0
order by batch_index;

commit transaction;

select same_seq SameSeq, conflict, over_quota OverQuota from @notifications order by batch_index;
select seq from @kept order by seq;
