-- @now bigint
-- @Name nvarchar(200)
-- @Origin nvarchar(200)
-- @Action nvarchar(100)
-- @LocationId nvarchar(32)
-- @Subject nvarchar(200)
-- @outcome nvarchar(20)
declare @recorded table (seq bigint not null);

insert into audit_entry (at, actor, origin, action, location_id, subject, outcome)
output inserted.seq into @recorded
values (@now, @Name, @Origin, @Action, @LocationId, @Subject, @outcome);

select seq from @recorded;
