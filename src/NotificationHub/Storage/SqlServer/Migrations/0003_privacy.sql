-- Before it, only what was set aside or rerouted is still there.
insert into log_start (log, first_seq) values ('notification', 1);

-- The event that tells of a notification which was rerouted: far behind those of its neighbours, so that it must be kept for longer.
create table rerouted_notification
(
    notification_seq bigint not null,
    event_seq        bigint not null,
    constraint rerouted_notification_key primary key clustered (notification_seq)
);

-- Purges of a person's or a device's data that are under way, by their audit entry. A row goes when all of it is done: it is the one place that
-- names whom. terms: a JSON array of what else says who it is, such as an e-mail address.
create table erasure
(
    audit_seq     bigint        not null,
    kind          nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    subject       nvarchar(max) not null,
    location_id   nvarchar(32)  collate Latin1_General_100_BIN2 null,
    terms         nvarchar(max) not null,
    phase         nvarchar(40)  collate Latin1_General_100_BIN2 not null,
    position      bigint        not null,
    notifications bigint        not null,
    events        bigint        not null,
    records       bigint        not null,
    requested_at  bigint        not null,
    constraint erasure_key primary key clustered (audit_seq)
);

-- The time that was last believed where rows are deleted by their age: a clock that jumps while the hub is stopped is doubted, too.
create table trusted_time
(
    name        nvarchar(40) collate Latin1_General_100_BIN2 not null,
    believed_at bigint       not null,
    constraint trusted_time_key primary key clustered (name)
);
