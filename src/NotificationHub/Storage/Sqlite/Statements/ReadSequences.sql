select coalesce((select seq from sqlite_sequence where name = 'notification_log'), 0) as Notifications,
    coalesce((select seq from sqlite_sequence where name = 'event_log'), 0) as Events
