namespace NotificationHub.Tests.Crash;

/// <summary>Triggers that record every change of a lease's owner or fencing token.</summary>
internal static class TakeoverTrigger
{
    public static readonly IReadOnlyList<string> OnSqlite =
    [
        """
            create table lease_history (
                id             integer primary key,
                name           text    not null,
                old_owner      text    null,
                old_fencing_token integer not null,
                old_expires_at integer not null,
                owner          text    null,
                fencing_token  integer not null,
                at             integer not null
            );
            """,
        """
            create trigger lease_changed after update on lease
            when new.owner is not old.owner or new.fencing_token <> old.fencing_token
            begin
                insert into lease_history (name, old_owner, old_fencing_token, old_expires_at, owner, fencing_token, at)
                values (new.name, old.owner, old.fencing_token, old.expires_at, new.owner, new.fencing_token,
                    cast(unixepoch('subsec') * 1000 as integer));
            end;
            """,
    ];

    // A trigger must be a batch of its own.
    public static readonly IReadOnlyList<string> OnSqlServer =
    [
        """
            create table lease_history
            (
                id             bigint        identity(1, 1) not null primary key,
                name           nvarchar(200) not null,
                old_owner      nvarchar(200) null,
                old_fencing_token bigint     not null,
                old_expires_at bigint        not null,
                owner          nvarchar(200) null,
                fencing_token  bigint        not null,
                at             bigint        not null
            );
            """,
        """
            create trigger lease_changed on lease after update as
            begin
                insert into lease_history (name, old_owner, old_fencing_token, old_expires_at, owner, fencing_token, at)
                select i.name, d.owner, d.fencing_token, d.expires_at, i.owner, i.fencing_token,
                    datediff_big(millisecond, '1970-01-01', sysutcdatetime())
                from inserted i
                join deleted d on d.name = i.name
                where coalesce(i.owner, '') <> coalesce(d.owner, '') or i.fencing_token <> d.fencing_token;
            end
            """,
    ];
}
