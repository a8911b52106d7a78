-- @name varchar(200)
-- @owner varchar(200)
-- @fencingToken bigint
select cast(unixepoch('subsec') * 1000 as integer) as now,
    coalesce((select expires_at from lease where name = @name and owner = @owner and fencing_token = @fencingToken), 0) as expires_at
