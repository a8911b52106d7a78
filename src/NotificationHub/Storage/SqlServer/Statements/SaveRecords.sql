-- @LocationId nvarchar(32)
-- @KindName nvarchar(32)
-- @Rows nvarchar(max)
-- @number bigint
-- @now bigint
-- A removed record's row stays in the table to preserve its revision and read number. No key ends in a space.
declare @records table
(
    "key" nvarchar(380) collate Latin1_General_100_BIN2 not null primary key,
    data  nvarchar(max) null
);

insert into @records ("key", data)
select "key", data
from openjson(@Rows) with
(
    "key" nvarchar(380) '$[0]',
    data  nvarchar(max) '$[1]'
);

update s
set data = r.data, read_number = @number, changed_at = @now
from snapshot s
join @records r on r."key" = s."key"
where s.location_id = @LocationId and s.kind = @KindName;

insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
select @LocationId, @KindName, r."key", r.data, @number, 0, @now
from @records r
where not exists
(
    select 1
    from snapshot s
    where s.location_id = @LocationId and s.kind = @KindName and s."key" = r."key"
);
