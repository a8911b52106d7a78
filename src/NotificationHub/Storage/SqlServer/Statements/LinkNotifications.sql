-- @Rows nvarchar(max)
insert into operation_notification (location_id, event_id, seq)
select location_id, event_id, seq
from openjson(@Rows) with
(
    location_id nvarchar(32)  '$[0]',
    event_id    nvarchar(200) '$[1]',
    seq         bigint        '$[2]'
)
