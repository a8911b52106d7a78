-- Times are Unix milliseconds (UTC). Null means unknown or not applicable. All numbers are bigint, so that both engines return the
-- same types. Keys have a binary collation, because the server's default collation compares by language rules. Text from outside
-- that is not a key has no length limit here; intake limits it.

-- Event and notification IDs contain the epoch. An epoch applies from from_seq on; earlier IDs keep their epoch.
create table log_epoch
(
    log      nvarchar(20) collate Latin1_General_100_BIN2 not null,
    epoch    bigint       not null,
    from_seq bigint       not null,
    constraint log_epoch_key primary key clustered (log, epoch)
);

insert into log_epoch (log, epoch, from_seq) values ('notification', 1, 0), ('event', 1, 0);

-- Retention deleted the rows before first_seq. Erasure leaves gaps after it, so that the lowest seq is not the start of the log.
-- Before first_seq, the notification log still has the notifications that were not accepted, and the rerouted ones.
create table log_start
(
    log       nvarchar(20) collate Latin1_General_100_BIN2 not null,
    first_seq bigint       not null,
    constraint log_start_key primary key clustered (log)
);

insert into log_start (log, first_seq) values ('notification', 1), ('event', 1);

-- Append-only, in commit order: an appending transaction holds the log's application lock.
-- disposition: 0 accepted, 1 quarantined, 2 rejected, 3 unrecognized, 4 rerouted, 5 after-removal.
-- content_type: null for application/json, empty for a delivery without the header.
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
    error             nvarchar(max)  null,
    content_type      nvarchar(max)  null,
    body              varbinary(max) not null,
    constraint notification_log_key primary key clustered (seq)
);

-- 16 bytes per notification and not unique. dedup_hash is a hash of location and notification ID, body_hash one of the body.
-- The row is compared before a notification counts as a duplicate.
create index notification_log_dedup on notification_log (dedup_hash, body_hash);

create index notification_log_disposition on notification_log (disposition, location_id) where disposition <> 0;

-- Retention deletes notifications that were not accepted by age. Accepted ones are in neither of these two indexes.
create index notification_log_not_accepted on notification_log (received_at) where disposition <> 0;

-- Append-only, as above. A *.notified event refers to its notification and has no copy of the body; other events contain their data.
create table event_log
(
    seq              bigint         identity(1, 1) not null,
    topic            nvarchar(40)   collate Latin1_General_100_BIN2 not null,
    type             nvarchar(100)  collate Latin1_General_100_BIN2 not null,
    location_id      nvarchar(32)   collate Latin1_General_100_BIN2 null,
    subject          nvarchar(450)  collate Latin1_General_100_BIN2 null,
    notification_seq bigint         null,
    action           nvarchar(max)  null,
    result           nvarchar(max)  null,
    change           nvarchar(20)   collate Latin1_General_100_BIN2 null,
    cause            nvarchar(max)  null,
    adam_id          nvarchar(max)  null,
    correlation_id   nvarchar(max)  null,
    conflict         bigint         not null,
    traceparent      nvarchar(max)  null,
    created_at       bigint         not null,
    data             varbinary(max) null,
    -- The part of an assignment's key after "serial:" or "user:", or after the adamId.
    holder           as
        case type
            when 'assignment.changed' then substring(subject, charindex(':', subject) + 1, 450)
            when 'subscription-assignment.changed'
                then substring(subject, 26 + charindex('/', substring(subject, 26, 450)), 450)
        end
        persisted,
    constraint event_log_key primary key clustered (seq)
);

create index event_log_topic on event_log (topic, seq);

-- Only for *.changed events, so that they cost nothing when a notification is routed. The history of a record:
create index event_log_record on event_log (subject, location_id, seq, change) where change is not null;

-- The changes of a device or user.
create index event_log_holder on event_log (holder, seq) where change is not null;

create table log_cursor
(
    name             nvarchar(100) collate Latin1_General_100_BIN2 not null,
    position         bigint        not null,
    last_progress_at bigint        not null,
    constraint log_cursor_key primary key clustered (name)
);

-- duration: the owner's setting, in milliseconds. An expiry further ahead than that means that the clock was set back.
create table lease
(
    name          nvarchar(200) collate Latin1_General_100_BIN2 not null,
    owner         nvarchar(200) collate Latin1_General_100_BIN2 null,
    fencing_token bigint        not null,
    expires_at    bigint        not null,
    duration      bigint        not null,
    constraint lease_key primary key clustered (name)
);

-- Each connection of the writer stores a token in the transaction that it commits. If the response to the commit is lost, the token
-- tells whether the transaction was committed.
create table commit_token
(
    token_id   bigint identity(1, 1) not null,
    number     bigint not null,
    created_at bigint not null,
    constraint commit_token_key primary key clustered (token_id)
);

create table dead_letter
(
    event_seq   bigint        not null,
    topic       nvarchar(40)  collate Latin1_General_100_BIN2 not null,
    state       nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    reason      nvarchar(max) not null,
    rejected_at bigint        not null,
    resolved_at bigint        null,
    constraint dead_letter_key primary key clustered (event_seq)
);

create index dead_letter_state on dead_letter (topic, state);

-- Retention deletes resolved dead letters by age.
create index dead_letter_resolved on dead_letter (resolved_at) where resolved_at is not null;

-- Requests to send a topic's events after after_seq up to up_to_seq again. subscription: null for all. position: processed up to this seq.
-- events: matching events, counted at the start. error: why it is paused or has failed. finished_at: null until it ends.
create table replay
(
    replay_id        nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    topic            nvarchar(40)  collate Latin1_General_100_BIN2 not null,
    subscription     nvarchar(max) collate Latin1_General_100_BIN2 null,
    type             nvarchar(100) collate Latin1_General_100_BIN2 null,
    location_id      nvarchar(32)  collate Latin1_General_100_BIN2 null,
    after_seq        bigint        not null,
    up_to_seq        bigint        not null,
    rate             bigint        not null,
    state            nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    position         bigint        not null,
    events           bigint        not null,
    sent             bigint        not null,
    rejected         bigint        not null,
    error            nvarchar(max) null,
    requested_by     nvarchar(max) not null,
    requested_at     bigint        not null,
    started_at       bigint        null,
    last_progress_at bigint        null,
    finished_at      bigint        null,
    constraint replay_key primary key clustered (replay_id)
);

create index replay_unfinished on replay (topic, requested_at) where finished_at is null;

-- Retention deletes finished replays by age.
create index replay_finished on replay (finished_at) where finished_at is not null;

-- restate_from: first seq of the epoch that a restore started. A record with a lower revision has not been restated.
create table location
(
    location_id        nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    u_id               nvarchar(512)  collate Latin1_General_100_BIN2 null,
    name               nvarchar(max)  null,
    country            nvarchar(max)  null,
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
    token_read_only    bigint         not null constraint location_token_read_only default 0,
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

-- Digests only. Pending, active and retiring secrets are accepted. superseded_at: when Apple first used a newer secret.
-- proven_at: when a delivery other than a test first used the secret, which is proof that Apple stored it. proven_count: such deliveries.
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

-- The next check of a location's Client Config, and the result of the last one. differences: a JSON array, null for none.
create table location_check
(
    location_id  nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    due_at       bigint        not null,
    checked_at   bigint        null,
    error        nvarchar(max) null,
    differences  nvarchar(max) null,
    silent_since bigint        null,
    constraint location_check_key primary key clustered (location_id)
);

create index location_check_due on location_check (due_at);

-- What Apple's Client Config had before the hub replaced it, for its restoration. secret: encrypted; null if Apple did not return it.
create table replaced_configuration
(
    location_id        nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    notification_url   nvarchar(max)  not null,
    secret             varbinary(max) null,
    notification_types nvarchar(max)  not null,
    mdm_id             nvarchar(max)  null,
    mdm_name           nvarchar(max)  null,
    mdm_metadata       nvarchar(max)  null,
    replaced_at        bigint         not null,
    constraint replaced_configuration_key primary key clustered (location_id)
);

-- Removals in progress. A completed removal deletes its row.
create table location_removal
(
    location_id  nvarchar(32) collate Latin1_General_100_BIN2 not null,
    delete_data  bigint       not null,
    skip_apple   bigint       not null,
    no_restore   bigint       not null,
    requested_at bigint       not null,
    deleted_at   bigint       null,
    constraint location_removal_key primary key clustered (location_id)
);

-- Where the deliveries of a location are forwarded to. secret: encrypted like a content token; null to send no Authorization header.
-- Only notifications after from_seq are forwarded. failing_since, failure, last_status: of the last attempt, null if it succeeded.
create table relay_target
(
    target_id         nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    location_id       nvarchar(32)   collate Latin1_General_100_BIN2 not null,
    url               nvarchar(max)  collate Latin1_General_100_BIN2 not null,
    secret            varbinary(max) null,
    from_seq          bigint         not null,
    state             nvarchar(20)   collate Latin1_General_100_BIN2 not null,
    created_at        bigint         not null,
    last_delivered_at bigint         null,
    failing_since     bigint         null,
    failure           nvarchar(40)   collate Latin1_General_100_BIN2 null,
    last_status       bigint         null,
    constraint relay_target_key primary key clustered (target_id)
);

create index relay_target_location on relay_target (location_id);

-- Notifications that a relay target has not received. pending_since: the receipt, or the operator's request to resend.
-- attempts: in a row with the same failure.
create table relay_delivery
(
    target_id     nvarchar(32) collate Latin1_General_100_BIN2 not null,
    seq           bigint       not null,
    state         nvarchar(20) collate Latin1_General_100_BIN2 not null,
    pending_since bigint       not null,
    attempts      bigint       not null,
    failure       nvarchar(40) collate Latin1_General_100_BIN2 null,
    last_status   bigint       null,
    set_aside_at  bigint       null,
    constraint relay_delivery_key primary key clustered (target_id, seq)
);

create index relay_delivery_pending on relay_delivery (target_id, seq, pending_since) where state = 'pending';

create index relay_delivery_set_aside on relay_delivery (target_id, seq) where state = 'set-aside';

-- Incremented in the transaction of each change that the replicas must load.
create table change_counter
(
    name  nvarchar(100) collate Latin1_General_100_BIN2 not null,
    value bigint        not null,
    constraint change_counter_key primary key clustered (name)
);

insert into change_counter (name, value) values ('locations', 0), ('logs', 0);

-- The change counter up to which each running replica has loaded changes.
create table replica
(
    replica_id        nvarchar(200) collate Latin1_General_100_BIN2 not null,
    locations_version bigint        not null,
    seen_at           bigint        not null,
    constraint replica_key primary key clustered (replica_id)
);

-- requested and fetched are generations: the target is pending while requested > fetched. holders: a JSON array, null for all.
-- expects: what the last notifications reported. rereads: repeated reads because a result contradicted the notifications.
create table refetch_target
(
    location_id        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind               nvarchar(32)  collate Latin1_General_100_BIN2 not null,
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
    -- A filtered index cannot compare two columns.
    is_pending         as case when requested > fetched then 1 else 0 end persisted,
    constraint refetch_target_key primary key clustered (location_id, kind, "key")
);

create index refetch_target_due on refetch_target (location_id, is_pending, due_at);

-- For the frequent queries for due work across all locations: their cost depends on the due rows only, not on idle locations.
create index refetch_target_next on refetch_target (is_pending, due_at, location_id);

-- Apple's records as last read. data null: removed. revision: seq of the last event about the record.
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

-- Retention deletes the rows of removed records by age.
create index snapshot_gone on snapshot (changed_at) where data is null;

create table snapshot_state
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    version_id  nvarchar(max) not null,
    constraint snapshot_state_key primary key clustered (location_id, kind)
);

-- The full sync of one kind of a location's records, one page at a time: first an import, then reconciliations on schedule.
-- due_at null: other kinds are imported first. start_number null: not in progress. page_token: the next page.
-- restate_from: the location's restate_from, until all records of the kind are restated. complete_at: end of the last complete
-- read. refused_at: when Apple last refused the kind; null once it answers again.
create table full_sync
(
    location_id    nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind           nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    purpose        nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    phase          nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    due_at         bigint        null,
    owner          nvarchar(max) null,
    page_token     nvarchar(max) null,
    first_version  nvarchar(max) null,
    since_version  nvarchar(max) null,
    start_number   bigint        null,
    undisturbed    bigint        not null,
    restarts       bigint        not null,
    pages          bigint        not null,
    total_pages    bigint        null,
    records        bigint        not null,
    drifts         bigint        not null,
    attempts       bigint        not null,
    last_error     nvarchar(max) null,
    started_at     bigint        null,
    finished_at    bigint        null,
    imported_at    bigint        null,
    known_records  bigint        null,
    restate_from   bigint        null,
    complete_at    bigint        null,
    refused_at     bigint        null,
    doubted_number bigint        null,
    doubted_at     bigint        null,
    created_at     bigint        not null,
    constraint full_sync_key primary key clustered (location_id, kind)
);

-- For the frequent query for due full syncs of all locations.
create index full_sync_next on full_sync (due_at, location_id) where due_at is not null;

-- The pages that a full sync in progress has read, by read number.
create table full_sync_page
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    kind        nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    number      bigint        not null,
    page_token  nvarchar(max) collate Latin1_General_100_BIN2 not null,
    constraint full_sync_page_key primary key clustered (location_id, kind, number)
);

-- Actions of operators. outcome: started (interrupted unless a result follows), succeeded, refused, failed. Never contains a secret.
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

-- The MDM's asynchronous requests to Apple, announced by the MDM or first seen in a notification. succeeded and failed count reported
-- results, including duplicates. counted: whether as many results were reported as there are tasks. requested, completed and missed:
-- counts of the last event. report: its data.
create table operation
(
    event_id             nvarchar(200) collate Latin1_General_100_BIN2 not null,
    location_id          nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    state                nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    kind                 nvarchar(max) null,
    deferred             bigint        not null,
    tasks                bigint        null,
    announced_by         nvarchar(max) null,
    announced_at         bigint        null,
    started_at           bigint        not null,
    last_notification_at bigint        null,
    notifications        bigint        not null,
    succeeded            bigint        not null,
    failed               bigint        not null,
    counted              bigint        not null,
    due_at               bigint        not null,
    last_polled_at       bigint        null,
    polls                bigint        not null,
    last_error           nvarchar(max) null,
    closed_at            bigint        null,
    requested            bigint        null,
    completed            bigint        null,
    missed               bigint        null,
    report               nvarchar(max) null,
    constraint operation_key primary key clustered (event_id, location_id)
);

create index operation_due on operation (location_id, due_at) where closed_at is null;

create index operation_counted on operation (counted) where counted <> 0;

create index operation_closed on operation (closed_at) where closed_at is not null;

-- For lists, latest first. Updates of an operation leave the keys unchanged. The second index contains the state, so that a rare
-- state is found without reading rows.
create index operation_location on operation (location_id, started_at desc, event_id);

create index operation_started on operation (started_at desc, event_id, state);

-- The notifications from which an operation's result is computed: all if the task count is known, otherwise those with failures.
create table operation_notification
(
    location_id nvarchar(32)  collate Latin1_General_100_BIN2 not null,
    event_id    nvarchar(200) collate Latin1_General_100_BIN2 not null,
    seq         bigint        not null,
    constraint operation_notification_key primary key clustered (location_id, event_id, seq)
);

-- The keys that encrypt content tokens, unless a folder stores them. A certificate outside the database encrypts the key material in
-- the XML; only in Development may it be unencrypted.
create table data_protection_key
(
    id            bigint        identity(1, 1) not null,
    friendly_name nvarchar(200) collate Latin1_General_100_BIN2 not null,
    xml           nvarchar(max) not null,
    created_at    bigint        not null,
    constraint data_protection_key_key primary key clustered (id)
);

-- The last event of each rerouted notification. Its seq is far higher than that of adjacent notifications, so that retention must keep
-- the notification longer.
create table rerouted_notification
(
    notification_seq bigint not null,
    event_seq        bigint not null,
    constraint rerouted_notification_key primary key clustered (notification_seq)
);

-- Erasures of a person's or device's data in progress. A completed erasure deletes its row, the only place that names the person.
-- identifiers: a JSON array of further identifiers, such as an email address.
create table erasure
(
    audit_seq     bigint        not null,
    kind          nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    subject       nvarchar(max) not null,
    location_id   nvarchar(32)  collate Latin1_General_100_BIN2 null,
    identifiers   nvarchar(max) not null,
    phase         nvarchar(40)  collate Latin1_General_100_BIN2 not null,
    position      bigint        not null,
    notifications bigint        not null,
    events        bigint        not null,
    records       bigint        not null,
    requested_at  bigint        not null,
    constraint erasure_key primary key clustered (audit_seq)
);

-- The last trusted time for deletion by age, so that a clock that jumps while the hub is stopped is detected, too.
create table trusted_time
(
    name       nvarchar(40) collate Latin1_General_100_BIN2 not null,
    trusted_at bigint       not null,
    constraint trusted_time_key primary key clustered (name)
);

-- A cache of Apple's names of apps and books. Without a name, Apple had no metadata when the row was written.
create table content_metadata
(
    country    nvarchar(2)   collate Latin1_General_100_BIN2 not null,
    adam_id    nvarchar(20)  collate Latin1_General_100_BIN2 not null,
    name       nvarchar(max) null,
    kind       nvarchar(max) null,
    icon       nvarchar(max) null,
    expires_at bigint        not null,
    constraint content_metadata_key primary key clustered (adam_id, country)
);
