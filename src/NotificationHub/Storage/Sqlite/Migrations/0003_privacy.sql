-- Before it, only what was set aside or rerouted is still there.
insert into log_start (log, first_seq) values ('notification', 1);

-- The event that tells of a notification which was rerouted: far behind those of its neighbours, so that it must be kept for longer.
create table rerouted_notification (
    notification_seq integer not null primary key,
    event_seq        integer not null
);

-- The events are read once, and only where something was rerouted.
insert into rerouted_notification (notification_seq, event_seq)
select notification_seq, max(seq)
from event_log
where exists (select 1 from notification_log where disposition <> 0 and disposition = 4)
    and notification_seq in (select seq from notification_log where disposition <> 0 and disposition = 4)
group by notification_seq;

-- Purges of a person's or a device's data that are under way, by their audit entry. A row goes when all of it is done: it is the one place that
-- names whom. terms: a JSON array of what else says who it is, such as an e-mail address.
create table erasure (
    audit_seq     integer not null primary key,
    kind          text    not null,
    subject       text    not null,
    location_id   text    null,
    terms         text    not null,
    phase         text    not null,
    position      integer not null,
    notifications integer not null,
    events        integer not null,
    records       integer not null,
    requested_at  integer not null
);

-- The time that was last believed where rows are deleted by their age: a clock that jumps while the hub is stopped is doubted, too.
create table trusted_time (
    name        text    not null primary key,
    believed_at integer not null
);
