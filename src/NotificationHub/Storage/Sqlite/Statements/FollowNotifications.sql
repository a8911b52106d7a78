-- Reads only the index.
select seq, dedup_hash, body_hash
from notification_log indexed by notification_log_dedup
where seq > ?1
order by seq
