using System.Data.Common;
using Dapper;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Storage.Maintenance;

/// <summary>
/// Copies all of a SQLite database into the configured one, which must be new: how a hub moves from one box to SQL Server. Every <c>seq</c>, and so
/// every event id, revision and cursor, stays what it is: consumers notice nothing.
/// </summary>
internal sealed class DatabaseCopy(Database source, Database target)
{
    /// <summary>Of a process, not of the data.</summary>
    private static readonly string[] NotCopied =
    [
        "schema_journal",
        "breaking_migration",
        "lease",
        "replica",
        "commit_token",
        // The new database has its own key, with which the content tokens are encrypted again.
        "data_protection_key",
    ];

    private static readonly string[] MustBeEmpty = ["notification_log", "event_log", "location", "audit_entry"];

    /// <param name="actor">Who copies.</param>
    /// <param name="reencrypt">Encrypts a location's content token with the key ring of the target.</param>
    /// <param name="cancellationToken">Ends the copy, which must then be repeated into a new database.</param>
    /// <returns>How many rows each table had.</returns>
    /// <exception cref="DatabaseOpenException">A hub runs on the source, or the target is not new.</exception>
    public async Task<IReadOnlyDictionary<string, long>> RunAsync(
        Actor actor,
        Func<ContentTokenRow, byte[]> reencrypt,
        CancellationToken cancellationToken
    )
    {
        await source.WriteAsync(
            transaction => RunningHubs.RefuseAsync(transaction, source, "copy its database"),
            cancellationToken
        );
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
        var tokens = (await ReadTokensAsync(cancellationToken))
            .Select(row => row with { ContentToken = reencrypt(row) })
            .ToList();
        var seqs = await source.WriteAsync(LogSeqs.ReadAsync, cancellationToken);
        await target.AdvanceSequencesAsync(seqs.Notifications, seqs.Events, cancellationToken);
        await target.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    "update location set content_token = @ContentToken where location_id = @LocationId",
                    tokens
                );
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

    private async Task<IEnumerable<ContentTokenRow>> ReadTokensAsync(CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenReaderAsync(cancellationToken);
        return await connection.QueryAsync<ContentTokenRow>(
            "select location_id LocationId, content_token ContentToken from location where content_token is not null"
        );
    }

    // Its note is in the journal until all is done: no hub starts on half a copy.
    private async Task BeginAsync(WriteTransaction transaction)
    {
        await RunningHubs.RefuseAsync(transaction, target, "copy into its database");
        foreach (var table in MustBeEmpty)
        {
            if (await transaction.ScalarAsync<long>($"select count(*) from {table}") > 0)
            {
                throw new DatabaseOpenException(
                    $"{target.Place} is not new: there are rows in its {table}. Copy into a database that no hub has run on. Nothing was changed."
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
        // What the schema itself has put there.
        await target.WriteAsync(transaction => transaction.ExecuteAsync($"delete from {table}"), cancellationToken);
        var columns = await SqliteTables.ColumnsAsync(connection, table);
        var from =
            target.Engine == StorageOptions.SqlServer
                ? await SqliteTables.WithoutBlankTwinsAsync(connection, table)
                : table;
        long here;
        await using (var rows = await SqliteTables.ReadAsync(connection, from, columns))
        {
            here = await target.ImportAsync(table, columns, rows, cancellationToken);
        }

        var there = await connection.ExecuteScalarAsync<long>($"select count(*) from {from}");
        return there == here
            ? here
            : throw new DatabaseOpenException(
                $"Of {there} rows of {table}, {here} were copied: somebody wrote to it meanwhile. Stop that, make the new database again, and copy again."
            );
    }
}

/// <summary>A location's content token, encrypted.</summary>
internal sealed record ContentTokenRow
{
    public required string LocationId { get; init; }

    public required byte[] ContentToken { get; init; }
}
