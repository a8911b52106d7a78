-- Times are Unix milliseconds (UTC). Null means unknown or not applicable.

-- Event and notification IDs contain the epoch. An epoch applies from from_seq on; earlier IDs keep their epoch.
create table log_epoch (
    log      text    not null,
    epoch    integer not null,
    from_seq integer not null,
    primary key (log, epoch)
) without rowid;

insert into log_epoch (log, epoch, from_seq) values ('notification', 1, 0), ('event', 1, 0);

-- Retention deleted the rows before first_seq. Erasure leaves gaps after it, so that the lowest seq is not the start of the log.
-- Before first_seq, the notification log still has the notifications that were not accepted, and the rerouted ones.
create table log_start (
    log       text    not null primary key,
    first_seq integer not null
);

insert into log_start (log, first_seq) values ('notification', 1), ('event', 1);

-- Append-only. The body is the last column: SQLite reaches columns after a long value only through its overflow pages.
-- disposition: 0 accepted, 1 quarantined, 2 rejected, 3 unrecognized, 4 rerouted, 5 after-removal.
-- content_type: null for application/json, empty for a delivery without the header.
create table notification_log (
    seq               integer primary key,
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
    error             text    null,
    content_type      text    null,
    body              blob    not null
);

-- Append-only, unlike an index that begins with a hash. The writer reads the hashes of the last notifications when it starts.
-- dedup_hash is a hash of location and notification ID, body_hash one of the body.
create index notification_log_dedup on notification_log (seq, dedup_hash, body_hash);

create index notification_log_disposition on notification_log (disposition, location_id) where disposition <> 0;

-- Retention deletes notifications that were not accepted by age. Accepted ones are in neither of these two indexes.
create index notification_log_not_accepted on notification_log (received_at) where disposition <> 0;

-- Append-only. A *.notified event refers to its notification and has no copy of the body; other events contain their data.
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

-- Only for *.changed events, so that they cost nothing when a notification is routed. The history of a record:
create index event_log_record on event_log (subject, location_id, seq, change) where change is not null;

-- The changes of a device or user: the part of an assignment's key after "serial:" or "user:", or after the adamId.
create index event_log_holder on event_log
(
    case type
        when 'assignment.changed' then substr(subject, instr(subject, ':') + 1)
        when 'subscription-assignment.changed' then substr(subject, 26 + instr(substr(subject, 26), '/'))
    end,
    seq
)
where change is not null;

-- notification_log does not use autoincrement, which would make every commit of notifications also write the page of
-- sqlite_sequence. Instead, this trigger records the highest seq there when its row is deleted, so that no seq is reused.
-- SQLite creates sqlite_sequence with the first table that uses autoincrement.
insert into sqlite_sequence (name, seq) values ('notification_log', 0);

create trigger notification_log_last_deleted after delete on notification_log
when not exists (select 1 from notification_log where seq > old.seq)
begin
    update sqlite_sequence set seq = max(seq, old.seq) where name = 'notification_log';
end;

create table log_cursor (
    name             text    not null primary key,
    position         integer not null,
    last_progress_at integer not null
);

-- duration: the owner's setting, in milliseconds. An expiry further ahead than that means that the clock was set back.
create table lease (
    name          text    not null primary key,
    owner         text    null,
    fencing_token integer not null,
    expires_at    integer not null,
    duration      integer not null
);

create table dead_letter (
    event_seq   integer not null primary key,
    topic       text    not null,
    state       text    not null,
    reason      text    not null,
    rejected_at integer not null,
    resolved_at integer null
);

create index dead_letter_state on dead_letter (topic, state);

-- Retention deletes resolved dead letters by age.
create index dead_letter_resolved on dead_letter (resolved_at) where resolved_at is not null;

-- Requests to send a topic's events after after_seq up to up_to_seq again. subscription: null for all. position: processed up to this seq.
-- events: matching events, counted at the start. error: why it is paused or has failed. finished_at: null until it ends.
create table replay (
    replay_id        text    not null primary key,
    topic            text    not null,
    subscription     text    null,
    type             text    null,
    location_id      text    null,
    after_seq        integer not null,
    up_to_seq        integer not null,
    rate             integer not null,
    state            text    not null,
    position         integer not null,
    events           integer not null,
    sent             integer not null,
    rejected         integer not null,
    error            text    null,
    requested_by     text    not null,
    requested_at     integer not null,
    started_at       integer null,
    last_progress_at integer null,
    finished_at      integer null
);

create index replay_unfinished on replay (topic, requested_at) where finished_at is null;

-- Retention deletes finished replays by age.
create index replay_finished on replay (finished_at) where finished_at is not null;

-- restate_from: first seq of the epoch that a restore started. A record with a lower revision has not been restated.
create table location (
    location_id        text    not null primary key,
    u_id               text    null,
    name               text    null,
    country            text    null,
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
    token_read_only    integer not null default 0,
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

-- Digests only. Pending, active and retiring secrets are accepted. superseded_at: when Apple first used a newer secret.
-- proven_at: when a delivery other than a test first used the secret, which is proof that Apple stored it. proven_count: such deliveries.
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

-- The next check of a location's Client Config, and the result of the last one. differences: a JSON array, null for none.
create table location_check (
    location_id  text    not null primary key,
    due_at       integer not null,
    checked_at   integer null,
    error        text    null,
    differences  text    null,
    silent_since integer null
);

create index location_check_due on location_check (due_at);

-- What Apple's Client Config had before the hub replaced it, for its restoration. secret: encrypted; null if Apple did not return it.
create table replaced_configuration (
    location_id        text    not null primary key,
    notification_url   text    not null,
    secret             blob    null,
    notification_types text    not null,
    mdm_id             text    null,
    mdm_name           text    null,
    mdm_metadata       text    null,
    replaced_at        integer not null
);

-- Removals in progress. A completed removal deletes its row.
create table location_removal (
    location_id  text    not null primary key,
    delete_data  integer not null,
    skip_apple   integer not null,
    no_restore   integer not null,
    requested_at integer not null,
    deleted_at   integer null
);

-- Where the deliveries of a location are forwarded to. secret: encrypted like a content token; null to send no Authorization header.
-- Only notifications after from_seq are forwarded. failing_since, failure, last_status: of the last attempt, null if it succeeded.
create table relay_target (
    target_id         text    not null primary key,
    location_id       text    not null,
    url               text    not null,
    secret            blob    null,
    from_seq          integer not null,
    state             text    not null,
    created_at        integer not null,
    last_delivered_at integer null,
    failing_since     integer null,
    failure           text    null,
    last_status       integer null
);

create index relay_target_location on relay_target (location_id);

-- Notifications that a relay target has not received. pending_since: the receipt, or the operator's request to resend.
-- attempts: in a row with the same failure.
create table relay_delivery (
    target_id     text    not null,
    seq           integer not null,
    state         text    not null,
    pending_since integer not null,
    attempts      integer not null,
    failure       text    null,
    last_status   integer null,
    set_aside_at  integer null,
    primary key (target_id, seq)
) without rowid;

create index relay_delivery_pending on relay_delivery (target_id, seq, pending_since) where state = 'pending';

create index relay_delivery_set_aside on relay_delivery (target_id, seq) where state = 'set-aside';

-- Incremented in the transaction of each change that the replicas must load.
create table change_counter (
    name  text    not null primary key,
    value integer not null
);

insert into change_counter (name, value) values ('locations', 0), ('logs', 0);

-- The change counter up to which each running replica has loaded changes.
create table replica (
    replica_id        text    not null primary key,
    locations_version integer not null,
    seen_at           integer not null
);

-- requested and fetched are generations: the target is pending while requested > fetched. holders: a JSON array, null for all.
-- expects: what the last notifications reported. rereads: repeated reads because a result contradicted the notifications.
create table refetch_target (
    location_id        text    not null,
    kind               text    not null,
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
    primary key (location_id, kind, key)
) without rowid;

create index refetch_target_due on refetch_target (location_id, due_at) where requested > fetched;

-- For the frequent queries for due work across all locations: their cost depends on the due rows only, not on idle locations.
create index refetch_target_next on refetch_target (due_at, location_id) where requested > fetched;

-- Apple's records as last read. data null: removed. revision: seq of the last event about the record.
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

-- Retention deletes the rows of removed records by age.
create index snapshot_gone on snapshot (changed_at) where data is null;

create table snapshot_state (
    location_id text not null,
    kind        text not null,
    version_id  text not null,
    primary key (location_id, kind)
) without rowid;

-- The full sync of one kind of a location's records, one page at a time: first an import, then reconciliations on schedule.
-- due_at null: other kinds are imported first. start_number null: not in progress. page_token: the next page.
-- restate_from: the location's restate_from, until all records of the kind are restated. complete_at: end of the last complete
-- read. refused_at: when Apple last refused the kind; null once it answers again.
create table full_sync (
    location_id    text    not null,
    kind           text    not null,
    purpose        text    not null,
    phase          text    not null,
    due_at         integer null,
    owner          text    null,
    page_token     text    null,
    first_version  text    null,
    since_version  text    null,
    start_number   integer null,
    undisturbed    integer not null,
    restarts       integer not null,
    pages          integer not null,
    total_pages    integer null,
    records        integer not null,
    drifts         integer not null,
    attempts       integer not null,
    last_error     text    null,
    started_at     integer null,
    finished_at    integer null,
    imported_at    integer null,
    known_records  integer null,
    restate_from   integer null,
    complete_at    integer null,
    refused_at     integer null,
    doubted_number integer null,
    doubted_at     integer null,
    created_at     integer not null,
    primary key (location_id, kind)
) without rowid;

-- For the frequent query for due full syncs of all locations.
create index full_sync_next on full_sync (due_at, location_id) where due_at is not null;

-- The pages that a full sync in progress has read, by read number.
create table full_sync_page (
    location_id text    not null,
    kind        text    not null,
    number      integer not null,
    page_token  text    not null,
    primary key (location_id, kind, number)
) without rowid;

-- Actions of operators. outcome: started (interrupted unless a result follows), succeeded, refused, failed. Never contains a secret.
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

-- The MDM's asynchronous requests to Apple, announced by the MDM or first seen in a notification. succeeded and failed count reported
-- results, including duplicates. counted: whether as many results were reported as there are tasks. requested, completed and missed:
-- counts of the last event. report: its data.
create table operation (
    event_id             text    not null,
    location_id          text    not null,
    state                text    not null,
    kind                 text    null,
    deferred             integer not null,
    tasks                integer null,
    announced_by         text    null,
    announced_at         integer null,
    started_at           integer not null,
    last_notification_at integer null,
    notifications        integer not null,
    succeeded            integer not null,
    failed               integer not null,
    counted              integer not null,
    due_at               integer not null,
    last_polled_at       integer null,
    polls                integer not null,
    last_error           text    null,
    closed_at            integer null,
    requested            integer null,
    completed            integer null,
    missed               integer null,
    report               text    null,
    primary key (event_id, location_id)
) without rowid;

create index operation_due on operation (location_id, due_at) where closed_at is null;

create index operation_counted on operation (counted) where counted <> 0;

create index operation_closed on operation (closed_at) where closed_at is not null;

-- For lists, latest first. Updates of an operation leave the keys unchanged. The second index contains the state, so that a rare
-- state is found without reading rows.
create index operation_location on operation (location_id, started_at desc, event_id);

create index operation_started on operation (started_at desc, event_id, state);

-- The notifications from which an operation's result is computed: all if the task count is known, otherwise those with failures.
create table operation_notification (
    event_id    text    not null,
    location_id text    not null,
    seq         integer not null,
    primary key (location_id, event_id, seq)
) without rowid;

-- The keys that encrypt content tokens, unless a folder stores them. A certificate outside the database encrypts the key material in
-- the XML; only in Development may it be unencrypted.
create table data_protection_key (
    id            integer primary key autoincrement,
    friendly_name text    not null,
    xml           text    not null,
    created_at    integer not null
);

-- The last event of each rerouted notification. Its seq is far higher than that of adjacent notifications, so that retention must keep
-- the notification longer.
create table rerouted_notification (
    notification_seq integer not null primary key,
    event_seq        integer not null
);

-- Erasures of a person's or device's data in progress. A completed erasure deletes its row, the only place that names the person.
-- identifiers: a JSON array of further identifiers, such as an email address.
create table erasure (
    audit_seq     integer not null primary key,
    kind          text    not null,
    subject       text    not null,
    location_id   text    null,
    identifiers   text    not null,
    phase         text    not null,
    position      integer not null,
    notifications integer not null,
    events        integer not null,
    records       integer not null,
    requested_at  integer not null
);

-- The last trusted time for deletion by age, so that a clock that jumps while the hub is stopped is detected, too.
create table trusted_time (
    name       text    not null primary key,
    trusted_at integer not null
);

-- A cache of Apple's names of apps and books. Without a name, Apple had no metadata when the row was written.
create table content_metadata
(
    country    text    not null,
    adam_id    text    not null,
    name       text    null,
    kind       text    null,
    icon       text    null,
    expires_at integer not null,
    primary key (adam_id, country)
);
