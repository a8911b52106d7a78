select datediff_big(millisecond, '1970-01-01', sysutcdatetime())
