using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

internal static class SqlServerSchema
{
    // Without parameters: sp_executesql would restore the settings, and fail if the transaction outlived it.
    private const string Begin = """
        set xact_abort on;
        set transaction isolation level read committed;
        begin transaction;

        declare @lock int, @resource nvarchar(255) = concat('notificationhub:', db_name(), ':schema');
        exec @lock = sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 120000;
        if @lock < 0
            throw 50001, 'Another process has locked the schema for too long.', 1;
        """;

    // The select fails if snapshot isolation is disabled.
    private const string ProbeSnapshots = """
        set transaction isolation level snapshot;
        begin transaction;
        select count(*) from schema_journal;
        commit transaction;
        """;

    private const string EndProbe =
        "if @@trancount > 0 rollback transaction; set transaction isolation level read committed;";

    private const string AllowSnapshots = "alter database current set allow_snapshot_isolation on";

    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static async Task<IReadOnlyList<string>> MigrateAsync(
        SqlServerDatabase database,
        SchemaMigrator migrator,
        SqlConnection connection
    )
    {
        List<string> applied = [];
        while (await ApplyNextAsync(database, connection, migrator) is { } name)
        {
            applied.Add(name);
        }

        return applied;
    }

    /// <summary>Enables snapshot isolation, which Azure SQL does by default.</summary>
    /// <exception cref="SqlException">This identity may not enable it.</exception>
    public static Task AllowSnapshotsAsync(
        SqlConnection connection,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        AllowSnapshotsAsync(
            () => connection.ExecuteScalarAsync<long>(ProbeSnapshots),
            async () =>
            {
                await connection.ExecuteAsync(EndProbe);
                await connection.ExecuteAsync(AllowSnapshots, commandTimeout: (int)MaxWait.TotalSeconds);
            },
            () => connection.ExecuteAsync(EndProbe),
            time,
            cancellationToken
        );

    /// <summary>Enables snapshot isolation, or waits while another hub does so.</summary>
    public static async Task AllowSnapshotsAsync(
        Func<Task> probe,
        Func<Task> allow,
        Func<Task> reset,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var startedAt = time.GetTimestamp();
        var isAllowed = false;
        bool MayWait() => time.GetElapsedTime(startedAt) < MaxWait;
        while (true)
        {
            try
            {
                await probe();
                return;
            }
            catch (SqlException exception) when (SqlServerErrorCodes.IsSnapshotRefused(exception) && !isAllowed)
            {
                isAllowed = await TryAsync(allow, MayWait);
                if (isAllowed)
                {
                    continue;
                }
            }
            catch (SqlException exception) when (SqlServerErrorCodes.IsBeingAltered(exception) && MayWait())
            {
                await reset();
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <returns>False if another session alters the database, and there is time to wait for it.</returns>
    private static async Task<bool> TryAsync(Func<Task> allow, Func<bool> mayWait)
    {
        try
        {
            await allow();
            return true;
        }
        catch (SqlException exception) when (SqlServerErrorCodes.IsBeingAltered(exception) && mayWait())
        {
            return false;
        }
    }

    private static async Task<string?> ApplyNextAsync(
        SqlServerDatabase database,
        SqlConnection connection,
        SchemaMigrator migrator
    )
    {
        await connection.ExecuteAsync(Begin, commandTimeout: (int)MaxWait.TotalSeconds + 10);
        try
        {
            var name = await migrator.ApplyNextAsync(new WriteTransaction(database, connection));
            await connection.ExecuteAsync("commit transaction");
            return name;
        }
        catch
        {
            await connection.ExecuteAsync("if @@trancount > 0 rollback transaction");
            throw;
        }
    }
}
