-- The locations with a pending target for which Apple may be called, with the first due time: two seeks per location, however many
-- targets are pending, and none for locations without pending targets. row_number replaces TOP, which a recursive part must not contain.
with waiting (location_id) as
(
    select f.location_id
    from (select top (1) t.location_id from refetch_target t where t.is_pending = 1 order by t.location_id) f
    union all
    select n.location_id
    from
    (
        select t.location_id, row_number() over (order by t.location_id) place
        from waiting w
        join refetch_target t on t.location_id > w.location_id and t.is_pending = 1
    ) n
    where n.place = 1
)
select l.location_id, l.paused_until,
    (select min(t.due_at) from refetch_target t where t.is_pending = 1 and t.location_id = l.location_id)
from waiting w
join location l on l.location_id = w.location_id
where l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null
option (maxrecursion 0)
