-- Reads only the index.
select seq, dedup_hash, body_hash
from notification_log indexed by notification_log_dedup
where seq > max(?1, (select coalesce(max(seq), 0) from notification_log) - ?2)
order by seq
