select seq, location_id, notification_id, body_sha256
from notification_log
where dedup_hash = ?1 and body_hash = ?2
