-- @name varchar(200)
-- @owner varchar(200)
-- @number bigint
select cast(unixepoch('subsec') * 1000 as integer) as now,
    coalesce((select expires_at from lease where name = @name and owner = @owner and number = @number), 0) as expires_at
