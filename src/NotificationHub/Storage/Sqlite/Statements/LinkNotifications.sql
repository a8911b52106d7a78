-- @Rows nvarchar(max)
insert into operation_notification (location_id, event_id, seq)
select json_extract(r.value, '$[0]'), json_extract(r.value, '$[1]'), json_extract(r.value, '$[2]')
from json_each(@Rows) r
