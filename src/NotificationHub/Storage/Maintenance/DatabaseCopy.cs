using System.Data.Common;
using Dapper;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Storage.Maintenance;

/// <summary>
/// Copies a SQLite database into the configured new one, to move a hub to SQL Server. Sequences, event IDs, revisions and
/// cursors stay the same, so consumers are not affected.
/// </summary>
internal sealed class DatabaseCopy(Database source, Database target)
{
    // The state of processes, not data.
    private static readonly string[] NotCopied =
    [
        "schema_journal",
        "breaking_migration",
        "lease",
        "replica",
        "commit_token",
        // The new database has its own key, which encrypts the content tokens and relay secrets again.
        "data_protection_key",
    ];

    private static readonly string[] MustBeEmpty = ["notification_log", "event_log", "location", "audit_entry"];

    /// <exception cref="DatabaseOpenException">A hub runs on the source, or the target is not new.</exception>
    public async Task<IReadOnlyDictionary<string, long>> RunAsync(
        Actor actor,
        Func<EncryptedColumn, EncryptedValue, byte[]> reencrypt,
        CancellationToken cancellationToken
    )
    {
        await source.WriteAsync(transaction => RunningHubs.EnsureNoneAsync(transaction, source), cancellationToken);
        await target.WriteAsync(BeginAsync, cancellationToken);
        SortedDictionary<string, long> copied = new(StringComparer.Ordinal);
        await using (var connection = await source.OpenReaderAsync(cancellationToken))
        {
            foreach (var table in (await SqliteTables.ListAsync(connection)).Except(NotCopied, StringComparer.Ordinal))
            {
                copied[table] = await CopyAsync(connection, table, cancellationToken);
            }
        }

        // Not in a write transaction: Data Protection may write its first key to the database.
        List<(EncryptedColumn Column, EncryptedValue Value)> reencrypted = [];
        foreach (var column in EncryptedColumn.All)
        {
            var values = await target.QueryAsync<EncryptedValue>(column.SelectSql, parameters: null, cancellationToken);
            reencrypted.AddRange(values.Select(value => (column, value with { Value = reencrypt(column, value) })));
        }

        var sequences = await source.WriteAsync(LogSequences.ReadAsync, cancellationToken);
        await target.AdvanceSequencesAsync(sequences.Notifications, sequences.Events, cancellationToken);
        await target.WriteAsync(
            async transaction =>
            {
                foreach (var (column, value) in reencrypted)
                {
                    await transaction.ExecuteAsync(column.UpdateSql, value);
                }

                await transaction.ExecuteAsync("update change_counter set value = value + 1");
                await AuditLog.RecordAsync(
                    transaction,
                    actor,
                    new AuditedAct("migrate --from-sqlite"),
                    AuditOutcome.Succeeded
                );
                await transaction.ExecuteAsync(
                    "delete from schema_journal where name = @UnfinishedCopy",
                    new { SchemaMigrator.UnfinishedCopy }
                );
            },
            cancellationToken
        );
        return copied;
    }

    // This journal entry remains until the copy is complete, so that no hub starts on an incomplete copy.
    private async Task BeginAsync(WriteTransaction transaction)
    {
        await RunningHubs.EnsureNoneAsync(transaction, target);
        foreach (var table in MustBeEmpty)
        {
            if (await transaction.ScalarAsync<long>($"select count(*) from {table}") > 0)
            {
                throw new DatabaseOpenException(
                    $"{target.DisplayName} is not new: table {table} has rows. Nothing was changed. Copy into a database that no hub has used."
                );
            }
        }

        await transaction.ExecuteAsync(
            "insert into schema_journal (name, sha256, applied_at) values (@UnfinishedCopy, '', @now)",
            new { SchemaMigrator.UnfinishedCopy, now = await transaction.NowAsync() }
        );
    }

    private async Task<long> CopyAsync(DbConnection connection, string table, CancellationToken cancellationToken)
    {
        // The initial rows of the schema.
        await target.WriteAsync(transaction => transaction.ExecuteAsync($"delete from {table}"), cancellationToken);
        var columns = await SqliteTables.ColumnsAsync(connection, table);
        var from =
            target.Engine == StorageOptions.SqlServer
                ? await SqliteTables.WithoutEqualKeysAsync(connection, table)
                : table;
        long copied;
        await using (var rows = await SqliteTables.ReadAsync(connection, from, columns))
        {
            copied = await target.ImportAsync(table, columns, rows, cancellationToken);
        }

        var expected = await connection.ExecuteScalarAsync<long>($"select count(*) from {from}");
        return expected == copied
            ? copied
            : throw new DatabaseOpenException(
                $"Only {copied} of {expected} rows of {table} were copied, because the source changed in the meantime. Stop all writers, create the target database again, and repeat the copy."
            );
    }
}

/// <summary>A column whose values the key ring encrypts.</summary>
internal sealed record EncryptedColumn(string SelectSql, string UpdateSql)
{
    public static readonly EncryptedColumn ContentToken = new(
        "select location_id Id, content_token Value from location where content_token is not null",
        "update location set content_token = @Value where location_id = @Id"
    );

    public static readonly EncryptedColumn RelaySecret = new(
        "select target_id Id, secret Value from relay_target where secret is not null",
        "update relay_target set secret = @Value where target_id = @Id"
    );

    public static readonly EncryptedColumn ReplacedSecret = new(
        "select location_id Id, secret Value from replaced_configuration where secret is not null",
        "update replaced_configuration set secret = @Value where location_id = @Id"
    );

    public static readonly IReadOnlyList<EncryptedColumn> All = [ContentToken, RelaySecret, ReplacedSecret];
}

internal sealed record EncryptedValue
{
    /// <summary>The ID of the location or relay target.</summary>
    public required string Id { get; init; }

    public required byte[] Value { get; init; }
}
