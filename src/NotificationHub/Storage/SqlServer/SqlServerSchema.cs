using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>Brings the schema up to date, a file in a transaction, while no other process does.</summary>
internal static class SqlServerSchema
{
    // Without parameters: they would make it a call of sp_executesql, which takes its settings back, and complains of a transaction that outlives it.
    private const string Begin = """
        set xact_abort on;
        set transaction isolation level read committed;
        begin transaction;

        declare @lock int;
        exec @lock = sp_getapplock @Resource = 'notificationhub:schema', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 120000;
        if @lock < 0
            throw 50001, 'Another process has been changing the schema for too long.', 1;
        """;

    // A statement that is refused here ends nothing: without it the answer is that snapshots are not allowed.
    private const string ProbeSnapshots = """
        set transaction isolation level snapshot;
        begin transaction;
        select count(*) from schema_journal;
        commit transaction;
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

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

    /// <summary>Has the database keep row versions, which Azure SQL does by itself.</summary>
    /// <exception cref="SqlException">It does not, and may not be told to.</exception>
    public static async Task AllowSnapshotsAsync(SqlConnection connection)
    {
        try
        {
            await connection.ExecuteScalarAsync<long>(ProbeSnapshots);
        }
        catch (SqlException exception) when (exception.Number == NotAllowed)
        {
            await connection.ExecuteAsync(
                "if @@trancount > 0 rollback transaction; set transaction isolation level read committed;"
            );
            await connection.ExecuteAsync(
                "alter database current set allow_snapshot_isolation on",
                commandTimeout: (int)Patience.TotalSeconds
            );
            await connection.ExecuteScalarAsync<long>(ProbeSnapshots);
        }
    }

    private const int NotAllowed = 3952;

    private static async Task<string?> ApplyNextAsync(
        SqlServerDatabase database,
        SqlConnection connection,
        SchemaMigrator migrator
    )
    {
        await connection.ExecuteAsync(Begin, commandTimeout: (int)Patience.TotalSeconds + 10);
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
