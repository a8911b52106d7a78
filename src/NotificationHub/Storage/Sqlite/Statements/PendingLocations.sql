-- The locations with a pending target for which Apple may be called, with the first due time: two seeks per location, however many
-- targets are pending, and none for locations without pending targets.
with recursive waiting (location_id) as
(
    select (select t.location_id from refetch_target t where t.requested > t.fetched order by t.location_id limit 1)
    union all
    select
    (
        select t.location_id
        from refetch_target t
        where t.requested > t.fetched and t.location_id > w.location_id
        order by t.location_id
        limit 1
    )
    from waiting w
    where w.location_id is not null
)
select l.location_id, l.paused_until,
(
    select t.due_at
    from refetch_target t
    where t.requested > t.fetched and t.location_id = l.location_id
    order by t.due_at
    limit 1
)
from waiting w
cross join location l
where l.location_id = w.location_id
    and l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null
