-- @name nvarchar(200)
-- @owner nvarchar(200)
-- @fencingToken bigint
-- The lock lasts until the transaction ends, so that no other owner can take the lease before the commit.
select datediff_big(millisecond, '1970-01-01', sysutcdatetime()) as now,
    coalesce
    (
        (
            select expires_at
            from lease with (updlock, rowlock)
            where name = @name and owner = @owner and fencing_token = @fencingToken
        ),
        0
    ) as expires_at
