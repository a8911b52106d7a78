select location_id, notification_id
from notification_log
where dedup_hash = ?1
