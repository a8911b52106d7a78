-- The first condition is the index's own: SQLite uses a partial index only where it is repeated.
select count(*)
from notification_log
where disposition <> 0 and disposition = 2 and location_id = ?1
