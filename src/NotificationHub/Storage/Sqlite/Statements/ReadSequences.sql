select max(
        coalesce((select seq from sqlite_sequence where name = 'notification_log'), 0),
        (select coalesce(max(seq), 0) from notification_log)
    ) as Notifications,
    coalesce((select seq from sqlite_sequence where name = 'event_log'), 0) as Events
