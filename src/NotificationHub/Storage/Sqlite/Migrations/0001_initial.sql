-- Times are Unix milliseconds, UTC. A null means: not known, or not so.

-- From from_seq on, the ids of a log carry this epoch: those before keep theirs.
create table log_epoch (
    log      text    not null,
    epoch    integer not null,
    from_seq integer not null,
    primary key (log, epoch)
) without rowid;

insert into log_epoch (log, epoch, from_seq) values ('notification', 1, 0), ('event', 1, 0);

-- What comes before first_seq is no longer kept. The gaps that a purged location leaves are not the log's beginning.
create table log_start (
    log       text    not null primary key,
    first_seq integer not null
);

insert into log_start (log, first_seq) values ('event', 1);

-- Append-only. Bodies stand last: what lies behind a long column can only be reached through its overflow pages.
-- disposition: 0 accepted, 1 quarantined, 2 rejected, 3 unrecognized, 4 rerouted, 5 late.
create table notification_log (
    seq               integer primary key autoincrement,
    location_id       text    not null,
    dedup_hash        integer not null,
    notification_id   text    null,
    notification_type text    null,
    u_id              text    null,
    body_sha256       blob    not null,
    body_hash         integer not null,
    received_at       integer not null,
    remote_address    text    null,
    user_agent        text    null,
    traceparent       text    null,
    disposition       integer not null,
    conflict          integer not null,
    fault             text    null,
    body              blob    not null
);

-- Sixteen bytes a post, not unique: the wide random key of a unique index would dirty a page per post and halve the rate.
-- dedup_hash stands for the location and the id, body_hash for the body: an id that is used over and over stays cheap.
create index notification_log_dedup on notification_log (dedup_hash, body_hash);

create index notification_log_disposition on notification_log (disposition, location_id) where disposition <> 0;

-- Retention deletes by age what is set aside. A post that is accepted writes to neither of these two indexes.
create index notification_log_set_aside on notification_log (received_at) where disposition <> 0;

-- Append-only. A *.notified event points at its notification and holds no copy of the body; any other holds its data.
create table event_log (
    seq              integer primary key autoincrement,
    topic            text    not null,
    type             text    not null,
    location_id      text    null,
    subject          text    null,
    notification_seq integer null,
    action           text    null,
    result           text    null,
    change           text    null,
    cause            text    null,
    adam_id          text    null,
    correlation_id   text    null,
    conflict         integer not null,
    traceparent      text    null,
    created_at       integer not null,
    data             blob    null
);

create index event_log_topic on event_log (topic, seq);

create table log_cursor (
    name     text    not null primary key,
    position integer not null,
    moved_at integer not null
);

-- duration: of its owner's settings, in milliseconds. An expiry further ahead than that is one of a clock that was set back since.
create table lease (
    name       text    not null primary key,
    owner      text    null,
    number     integer not null,
    expires_at integer not null,
    duration   integer not null
);

create table dead_letter (
    event_seq  integer not null primary key,
    topic      text    not null,
    state      text    not null,
    reason     text    not null,
    refused_at integer not null,
    resolved_at integer null
);

create index dead_letter_state on dead_letter (topic, state);

-- Retention deletes these by age, too.
create index dead_letter_settled on dead_letter (resolved_at) where resolved_at is not null;

-- restate_from: the first seq of the epoch that a restore began; a record that has a smaller revision was not stated since.
create table location (
    location_id        text    not null primary key,
    u_id               text    null,
    name               text    null,
    state              text    not null,
    state_reason       text    null,
    state_since        integer not null,
    receive_only       integer not null,
    mdm_id             text    null,
    mdm_name           text    null,
    mdm_metadata       text    null,
    notification_url   text    null,
    notification_types text    null,
    content_token      blob    null,
    token_expires_at   integer null,
    paused_until       integer null,
    read_number        integer not null,
    created_at         integer not null,
    registered_at      integer null,
    removed_at         integer null,
    expiry_step        integer null,
    restate_from       integer null
);

create unique index location_u_id on location (u_id) where u_id is not null and state <> 'removed';

create index location_created on location (created_at, location_id);

-- Only digests. Accepted are pending, active and retiring ones. superseded_at: Apple was seen to use a newer one. proven_at: a post
-- other than a test was signed with it, which a configuration that Apple refused in the end cannot bring about. proven_count: how many.
create table notification_secret (
    secret_id     integer primary key autoincrement,
    location_id   text    not null,
    sha256        blob    not null,
    state         text    not null,
    created_at    integer not null,
    confirmed_at  integer null,
    superseded_at integer null,
    last_used_at  integer null,
    use_count     integer not null default 0,
    proven_at     integer null,
    proven_count  integer not null default 0
);

create index notification_secret_location on notification_secret (location_id);

create index notification_secret_open on notification_secret (state) where state in ('pending', 'retiring');

-- When a location's Client Config is read next, and what was found when it was read last. differences: a JSON array, null for none.
create table location_check (
    location_id  text    not null primary key,
    due_at       integer not null,
    checked_at   integer null,
    fault        text    null,
    differences  text    null,
    silent_since integer null
);

create index location_check_due on location_check (due_at);

-- A removal that was begun; it goes when all of it is done.
create table location_removal (
    location_id   text    not null primary key,
    delete_data   integer not null,
    without_apple integer not null,
    requested_at  integer not null,
    deleted_at    integer null
);

-- Raised in the transaction of every change that replicas must follow.
create table change_counter (
    name  text    not null primary key,
    value integer not null
);

insert into change_counter (name, value) values ('locations', 0);

-- What each running hub has taken in of the changes.
create table replica (
    replica_id        text    not null primary key,
    locations_version integer not null,
    seen_at           integer not null
);

-- requested and fetched are generations: work is due while requested > fetched. holders: a JSON array, null for all.
-- expects: what notifications said of it last; rereads: whether it is read once more because a read contradicted them.
create table refetch_target (
    location_id        text    not null,
    resource           text    not null,
    key                text    not null,
    requested          integer not null,
    fetched            integer not null,
    holders            text    null,
    first_requested_at integer not null,
    last_requested_at  integer not null,
    due_at             integer not null,
    max_wait           integer not null,
    attempts           integer not null,
    last_error         text    null,
    correlation_id     text    null,
    traceparent        text    null,
    complete_read_at   integer null,
    read_at            integer null,
    expects            text    null,
    rereads            integer not null default 0,
    doubted_number     integer null,
    doubted_at         integer null,
    primary key (location_id, resource, key)
) without rowid;

create index refetch_target_due on refetch_target (location_id, due_at) where requested > fetched;

-- What is known of Apple's records. data null: gone. revision: the seq of the event that last stated the record.
create table snapshot (
    location_id text    not null,
    kind        text    not null,
    key         text    not null,
    data        text    null,
    read_number integer not null,
    revision    integer not null,
    changed_at  integer not null,
    primary key (location_id, kind, key)
) without rowid;

-- Retention deletes by age what remains of the records that are gone.
create index snapshot_gone on snapshot (changed_at) where data is null;

create table snapshot_state (
    location_id text not null,
    resource    text not null,
    version_id  text not null,
    primary key (location_id, resource)
) without rowid;

-- The reading of all of a location's records of one kind, a page at a time: first to import them, then on schedule.
-- due_at null: the kinds before it are imported first. start_number null: it is not under way. place: where it goes on.
-- restate_from: the location's, until all records of the kind were restated.
-- complete_at: when a complete read last ended. refused_at: when Apple last refused the kind, null since it answered.
create table full_sync (
    location_id   text    not null,
    resource      text    not null,
    purpose       text    not null,
    phase         text    not null,
    due_at        integer null,
    owner         text    null,
    place         text    null,
    first_version text    null,
    since_version text    null,
    start_number  integer null,
    clean         integer not null,
    walks         integer not null,
    pages         integer not null,
    total_pages   integer null,
    records       integer not null,
    drifts        integer not null,
    attempts      integer not null,
    last_error    text    null,
    started_at    integer null,
    finished_at   integer null,
    imported_at   integer null,
    known_records integer null,
    restate_from  integer null,
    complete_at   integer null,
    refused_at    integer null,
    doubted_number integer null,
    doubted_at    integer null,
    created_at    integer not null,
    primary key (location_id, resource)
) without rowid;

-- The pages that a full sync which is under way has read, each with its read number and its place.
create table full_sync_page (
    location_id text    not null,
    resource    text    not null,
    number      integer not null,
    place       text    not null,
    primary key (location_id, resource, number)
) without rowid;

-- What people did. outcome: begun (and neither done nor failed: interrupted), done, refused, failed. No secret, ever.
create table audit_entry (
    seq         integer primary key autoincrement,
    at          integer not null,
    actor       text    not null,
    origin      text    not null,
    action      text    not null,
    location_id text    null,
    subject     text    null,
    outcome     text    not null,
    detail      text    null
);

-- What the MDM asked Apple for, as it was announced or as notifications name it. succeeded and failed count what was heard,
-- doubled notifications included; counted: as much was heard as there are tasks. requested, completed and missed are the last
-- event's counts, report is its data.
create table operation (
    event_id      text    not null,
    location_id   text    not null,
    state         text    not null,
    kind          text    null,
    deferred      integer not null,
    tasks         integer null,
    announced_by  text    null,
    announced_at  integer null,
    started_at    integer not null,
    last_notification_at integer null,
    notifications integer not null,
    succeeded     integer not null,
    failed        integer not null,
    counted       integer not null,
    due_at        integer not null,
    last_polled_at      integer null,
    polls         integer not null,
    last_error    text    null,
    closed_at     integer null,
    requested     integer null,
    completed     integer null,
    missed        integer null,
    report        text    null,
    primary key (event_id, location_id)
) without rowid;

create index operation_due on operation (location_id, due_at) where closed_at is null;

create index operation_counted on operation (counted) where counted <> 0;

create index operation_closed on operation (closed_at) where closed_at is not null;

-- For lists, the latest first. Updates of an operation change neither; the second contains the state to find rare ones without their rows.
create index operation_location on operation (location_id, started_at desc, event_id);

create index operation_started on operation (started_at desc, event_id, state);

-- The notifications of an operation that its end has to be told from: those with failures, and all where the tasks are known.
create table operation_notification (
    event_id    text    not null,
    location_id text    not null,
    seq         integer not null,
    primary key (location_id, event_id, seq)
) without rowid;
