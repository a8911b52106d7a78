select cast(coalesce(ident_current('notification_log'), 0) as bigint) as Notifications,
    cast(coalesce(ident_current('event_log'), 0) as bigint) as Events
