-- @name nvarchar(200)
-- @owner nvarchar(200)
-- @number bigint
-- The lock stays until the transaction ends: nobody can take the lease over between this look and the commit.
select datediff_big(millisecond, '1970-01-01', sysutcdatetime()) as now,
    coalesce
    (
        (
            select expires_at
            from lease with (updlock, rowlock)
            where name = @name and owner = @owner and number = @number
        ),
        0
    ) as expires_at
