select location_id, notification_id, body_sha256
from notification_log
where seq = ?1
