-- What is due is looked for every moment, over all locations: by these it costs as much as is due, and nothing for those that are idle.
create index refetch_target_next on refetch_target (is_waiting, due_at, location_id);

create index refetch_target_waiting on refetch_target (location_id, is_waiting, due_at);

create index full_sync_next on full_sync (due_at, location_id) where due_at is not null;
