-- @LocationId nvarchar(32)
-- @KindName nvarchar(32)
-- @Rows nvarchar(max)
update s
set revision = r.revision
from snapshot s
join openjson(@Rows) with
(
    "key"    nvarchar(380) '$[0]',
    revision bigint        '$[1]'
) r on r."key" collate Latin1_General_100_BIN2 = s."key"
where s.location_id = @LocationId and s.kind = @KindName
