-- Times are Unix milliseconds, UTC. A null means: not known, or not so. Numbers are bigint throughout: what is read by hand is read alike
-- on both engines. Keys are binary: SQL Server compares by its own language rules otherwise. What comes from outside and is no key has
-- no bound here; the intake bounds it.

-- From from_seq on, the ids of a log carry this epoch: those before keep theirs.
create table log_epoch
(
    log      nvarchar(20) collate Latin1_General_100_BIN2 not null,
    epoch    bigint       not null,
    from_seq bigint       not null,
    constraint log_epoch_key primary key clustered (log, epoch)
);

insert into log_epoch (log, epoch, from_seq) values ('notification', 1, 0), ('event', 1, 0);

-- What comes before first_seq is no longer kept. The gaps that a purged location leaves are not the log's beginning.
create table log_start
(
    log       nvarchar(20) collate Latin1_General_100_BIN2 not null,
    first_seq bigint       not null,
    constraint log_start_key primary key clustered (log)
);

insert into log_start (log, first_seq) values ('event', 1);

-- Append-only, in the order of commit: whoever appends holds the log's application lock.
-- disposition: 0 accepted, 1 quarantined, 2 rejected, 3 unrecognized, 4 rerouted, 5 late.
create table notification_log
(
    seq               bigint         identity(1, 1) not null,
    location_id       nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    dedup_hash        bigint         not null,
    notification_id   nvarchar(max)  collate Latin1_General_100_BIN2 null,
    notification_type nvarchar(max)  collate Latin1_General_100_BIN2 null,
    u_id              nvarchar(max)  collate Latin1_General_100_BIN2 null,
    body_sha256       varbinary(32)  not null,
    body_hash         bigint         not null,
    received_at       bigint         not null,
    remote_address    nvarchar(max)  null,
    user_agent        nvarchar(max)  null,
    traceparent       nvarchar(max)  null,
    disposition       bigint         not null,
    conflict          bigint         not null,
    fault             nvarchar(max)  null,
    body              varbinary(max) not null,
    constraint notification_log_key primary key clustered (seq)
);

-- Sixteen bytes a post, not unique: dedup_hash stands for the location and the id, body_hash for the body; the row itself decides.
create index notification_log_dedup on notification_log (dedup_hash, body_hash);

create index notification_log_disposition on notification_log (disposition, location_id) where disposition <> 0;

-- Retention deletes by age what is set aside. A post that is accepted writes to neither of these two indexes.
create index notification_log_set_aside on notification_log (received_at) where disposition <> 0;

-- Append-only, as above. A *.notified event points at its notification and holds no copy of the body; any other holds its data.
create table event_log
(
    seq              bigint         identity(1, 1) not null,
    topic            nvarchar(40)   collate Latin1_General_100_BIN2 not null,
    type             nvarchar(100)  collate Latin1_General_100_BIN2 not null,
    location_id      nvarchar(32)   collate Latin1_General_100_BIN2 null,
    subject          nvarchar(max)  null,
    notification_seq bigint         null,
    action           nvarchar(max)  null,
    result           nvarchar(max)  null,
    change           nvarchar(max)  null,
    cause            nvarchar(max)  null,
    adam_id          nvarchar(max)  null,
    correlation_id   nvarchar(max)  null,
    conflict         bigint         not null,
    traceparent      nvarchar(max)  null,
    created_at       bigint         not null,
    data             varbinary(max) null,
    constraint event_log_key primary key clustered (seq)
);

create index event_log_topic on event_log (topic, seq);

create table log_cursor
(
    name     nvarchar(100) collate Latin1_General_100_BIN2 not null,
    position bigint        not null,
    moved_at bigint        not null,
    constraint log_cursor_key primary key clustered (name)
);

-- duration: of its owner's settings, in milliseconds. An expiry further ahead than that is one of a clock that was set back since.
create table lease
(
    name       nvarchar(200) collate Latin1_General_100_BIN2 not null,
    owner      nvarchar(200) collate Latin1_General_100_BIN2 null,
    number     bigint        not null,
    expires_at bigint        not null,
    duration   bigint        not null,
    constraint lease_key primary key clustered (name)
);

-- A connection of the write lane notes its commits here, in the transaction that they end: so it knows, when the answer to a commit is
-- lost, whether there was one.
create table commit_token
(
    mark_id  bigint identity(1, 1) not null,
    number   bigint not null,
    made_at  bigint not null,
    constraint commit_token_key primary key clustered (mark_id)
);

create table dead_letter
(
    event_seq  bigint        not null,
    topic      nvarchar(40)  collate Latin1_General_100_BIN2 not null,
    state      nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    reason     nvarchar(max) not null,
    refused_at bigint        not null,
    resolved_at bigint        null,
    constraint dead_letter_key primary key clustered (event_seq)
);

create index dead_letter_state on dead_letter (topic, state);

-- Retention deletes these by age, too.
create index dead_letter_settled on dead_letter (resolved_at) where resolved_at is not null;

-- restate_from: the first seq of the epoch that a restore began; a record that has a smaller revision was not stated since.
create table location
(
    location_id        nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    u_id               nvarchar(512)  collate Latin1_General_100_BIN2 null,
    name               nvarchar(max)  null,
    state              nvarchar(20)   collate Latin1_General_100_BIN2 not null,
    state_reason       nvarchar(max)  null,
    state_since        bigint         not null,
    receive_only       bigint         not null,
    mdm_id             nvarchar(max)  null,
    mdm_name           nvarchar(max)  null,
    mdm_metadata       nvarchar(max)  null,
    notification_url   nvarchar(max)  null,
    notification_types nvarchar(max)  null,
    content_token      varbinary(max) null,
    token_expires_at   bigint         null,
    paused_until       bigint         null,
    read_number        bigint         not null,
    created_at         bigint         not null,
    registered_at      bigint         null,
    removed_at         bigint         null,
    expiry_step        bigint         null,
    restate_from       bigint         null,
    constraint location_key primary key clustered (location_id)
);

create unique index location_u_id on location (u_id) where u_id is not null and state <> 'removed';

create index location_created on location (created_at, location_id);

-- Only digests. Accepted are pending, active and retiring ones. superseded_at: Apple was seen to use a newer one. proven_at: a post
-- other than a test was signed with it, which a configuration that Apple refused in the end cannot bring about. proven_count: how many.
create table notification_secret
(
    secret_id     bigint        identity(1, 1) not null,
    location_id   nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    sha256        varbinary(32) not null,
    state         nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    created_at    bigint        not null,
    confirmed_at  bigint        null,
    superseded_at bigint        null,
    last_used_at  bigint        null,
    use_count     bigint        not null constraint notification_secret_use_count default 0,
    proven_at     bigint        null,
    proven_count  bigint        not null constraint notification_secret_proven_count default 0,
    constraint notification_secret_key primary key clustered (secret_id)
);

create index notification_secret_location on notification_secret (location_id);

create index notification_secret_open on notification_secret (state) where state in ('pending', 'retiring');

-- When a location's Client Config is read next, and what was found when it was read last. differences: a JSON array, null for none.
create table location_check
(
    location_id  nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    due_at       bigint        not null,
    checked_at   bigint        null,
    fault        nvarchar(max) null,
    differences  nvarchar(max) null,
    silent_since bigint        null,
    constraint location_check_key primary key clustered (location_id)
);

create index location_check_due on location_check (due_at);

-- A removal that was begun; it goes when all of it is done.
create table location_removal
(
    location_id   nvarchar(32) collate Latin1_General_100_BIN2 not null,
    delete_data   bigint       not null,
    without_apple bigint       not null,
    requested_at  bigint       not null,
    deleted_at    bigint       null,
    constraint location_removal_key primary key clustered (location_id)
);

-- Raised in the transaction of every change that replicas must follow.
create table change_counter
(
    name  nvarchar(100) collate Latin1_General_100_BIN2 not null,
    value bigint        not null,
    constraint change_counter_key primary key clustered (name)
);

insert into change_counter (name, value) values ('locations', 0);

-- What each running hub has taken in of the changes.
create table replica
(
    replica_id        nvarchar(200) collate Latin1_General_100_BIN2 not null,
    locations_version bigint        not null,
    seen_at           bigint        not null,
    constraint replica_key primary key clustered (replica_id)
);

-- requested and fetched are generations: work is due while requested > fetched. holders: a JSON array, null for all.
-- expects: what notifications said of it last; rereads: whether it is read once more because a read contradicted them.
create table refetch_target
(
    location_id        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    resource           nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    "key"              nvarchar(380) collate Latin1_General_100_BIN2 not null,
    requested          bigint        not null,
    fetched            bigint        not null,
    holders            nvarchar(max) null,
    first_requested_at bigint        not null,
    last_requested_at  bigint        not null,
    due_at             bigint        not null,
    max_wait           bigint        not null,
    attempts           bigint        not null,
    last_error         nvarchar(max) null,
    correlation_id     nvarchar(max) null,
    traceparent        nvarchar(max) null,
    complete_read_at   bigint        null,
    read_at            bigint        null,
    expects            nvarchar(max) null,
    rereads            bigint        not null constraint refetch_target_rereads default 0,
    doubted_number     bigint        null,
    doubted_at         bigint        null,
    -- An index with a condition cannot compare two columns here: this stands for it.
    is_waiting         as case when requested > fetched then 1 else 0 end persisted,
    constraint refetch_target_key primary key clustered (location_id, resource, "key")
);

-- What is known of Apple's records. data null: gone. revision: the seq of the event that last stated the record.
create table snapshot
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    "key"       nvarchar(380) collate Latin1_General_100_BIN2 not null,
    data        nvarchar(max) null,
    read_number bigint        not null,
    revision    bigint        not null,
    changed_at  bigint        not null,
    constraint snapshot_key primary key clustered (location_id, kind, "key")
);

-- Retention deletes by age what remains of the records that are gone.
create index snapshot_gone on snapshot (changed_at) where data is null;

create table snapshot_state
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    resource    nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    version_id  nvarchar(max) not null,
    constraint snapshot_state_key primary key clustered (location_id, resource)
);

-- The reading of all of a location's records of one kind, a page at a time: first to import them, then on schedule.
-- due_at null: the kinds before it are imported first. start_number null: it is not under way. place: where it goes on.
-- restate_from: the location's, until all records of the kind were restated.
-- complete_at: when a complete read last ended. refused_at: when Apple last refused the kind, null since it answered.
create table full_sync
(
    location_id   nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    resource      nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    purpose       nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    phase         nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    due_at        bigint        null,
    owner         nvarchar(max) null,
    place         nvarchar(max) null,
    first_version nvarchar(max) null,
    since_version nvarchar(max) null,
    start_number  bigint        null,
    clean         bigint        not null,
    walks         bigint        not null,
    pages         bigint        not null,
    total_pages   bigint        null,
    records       bigint        not null,
    drifts        bigint        not null,
    attempts      bigint        not null,
    last_error    nvarchar(max) null,
    started_at    bigint        null,
    finished_at   bigint        null,
    imported_at   bigint        null,
    known_records bigint        null,
    restate_from  bigint        null,
    complete_at   bigint        null,
    refused_at    bigint        null,
    doubted_number bigint       null,
    doubted_at    bigint        null,
    created_at    bigint        not null,
    constraint full_sync_key primary key clustered (location_id, resource)
);

-- The pages that a full sync which is under way has read, each with its read number and its place.
create table full_sync_page
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    resource    nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    number      bigint        not null,
    place       nvarchar(max) not null,
    constraint full_sync_page_key primary key clustered (location_id, resource, number)
);

-- What people did. outcome: begun (and neither done nor failed: interrupted), done, refused, failed. No secret, ever.
create table audit_entry
(
    seq         bigint        identity(1, 1) not null,
    at          bigint        not null,
    actor       nvarchar(max) not null,
    origin      nvarchar(max) not null,
    action      nvarchar(max) not null,
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 null,
    subject     nvarchar(max) null,
    outcome     nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    detail      nvarchar(max) null,
    constraint audit_entry_key primary key clustered (seq)
);

-- What the MDM asked Apple for, as it was announced or as notifications name it. succeeded and failed count what was heard,
-- doubled notifications included; counted: as much was heard as there are tasks. requested, completed and missed are the last
-- event's counts, report is its data.
create table operation
(
    event_id      nvarchar(200)  collate Latin1_General_100_BIN2 not null,
    location_id   nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    state         nvarchar(20)   collate Latin1_General_100_BIN2 not null,
    kind          nvarchar(max)  null,
    deferred      bigint         not null,
    tasks         bigint         null,
    announced_by  nvarchar(max)  null,
    announced_at  bigint         null,
    started_at    bigint         not null,
    last_notification_at bigint         null,
    notifications bigint         not null,
    succeeded     bigint         not null,
    failed        bigint         not null,
    counted       bigint         not null,
    due_at        bigint         not null,
    last_polled_at      bigint         null,
    polls         bigint         not null,
    last_error    nvarchar(max)  null,
    closed_at     bigint         null,
    requested     bigint         null,
    completed     bigint         null,
    missed        bigint         null,
    report        nvarchar(max)  null,
    constraint operation_key primary key clustered (event_id, location_id)
);

create index operation_due on operation (location_id, due_at) where closed_at is null;

create index operation_counted on operation (counted) where counted <> 0;

create index operation_closed on operation (closed_at) where closed_at is not null;

-- For lists, the latest first. Updates of an operation change neither; the second contains the state to find rare ones without their rows.
create index operation_location on operation (location_id, started_at desc, event_id);

create index operation_started on operation (started_at desc, event_id, state);

-- The notifications of an operation that its end has to be told from: those with failures, and all where the tasks are known.
create table operation_notification
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    event_id    nvarchar(200) collate Latin1_General_100_BIN2 not null,
    seq         bigint        not null,
    constraint operation_notification_key primary key clustered (location_id, event_id, seq)
);
