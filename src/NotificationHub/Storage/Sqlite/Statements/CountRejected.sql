-- Repeats the condition of the partial index; otherwise, SQLite does not use the index.
select count(*)
from notification_log
where disposition <> 0 and disposition = 2 and location_id = ?1
