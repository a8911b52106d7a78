-- The last seq in the log, and the last that was ever used.
select last, max(last, (select seq from sqlite_sequence where name = 'notification_log'))
from (select coalesce(max(seq), 0) as last from notification_log)
