-- @now bigint
-- @Name nvarchar(200)
-- @Origin nvarchar(200)
-- @Action nvarchar(100)
-- @LocationId nvarchar(64)
-- @Subject nvarchar(200)
-- @outcome nvarchar(20)
insert into audit_entry (at, actor, origin, action, location_id, subject, outcome)
values (@now, @Name, @Origin, @Action, @LocationId, @Subject, @outcome)
returning seq
