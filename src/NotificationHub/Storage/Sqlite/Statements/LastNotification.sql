-- The highest seq in the log, and the highest seq ever assigned.
select last, max(last, (select seq from sqlite_sequence where name = 'notification_log'))
from (select coalesce(max(seq), 0) as last from notification_log)
