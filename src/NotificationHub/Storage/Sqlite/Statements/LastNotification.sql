-- The highest seq in the log, and the highest seq ever assigned.
select last, max(last, coalesce((select seq from sqlite_sequence where name = 'notification_log'), 0))
from (select coalesce(max(seq), 0) as last from notification_log)
