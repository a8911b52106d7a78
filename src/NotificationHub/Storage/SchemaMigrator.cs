using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace NotificationHub.Storage;

internal sealed class SchemaException(string message) : Exception(message);

/// <summary>
/// Applies the numbered files of an engine's <c>Migrations</c> folder, a transaction each, and keeps a journal of them with
/// their digests: a file that was changed after it was applied, or a database of a newer version, is refused.
/// </summary>
internal sealed class SchemaMigrator(Database database)
{
    /// <summary>In the journal while another database is being copied into this one.</summary>
    public const string UnfinishedCopy = "unfinished copy";

    private const string CreateJournal = """
        create table schema_journal
        (
            name       varchar(100) not null primary key,
            sha256     varchar(64)  not null,
            applied_at bigint       not null
        )
        """;

    private const string ReadJournal = "select name, sha256 from schema_journal order by name";

    private readonly SqlFiles files = new($"{database.Engine}/Migrations/");

    /// <summary>Applies the first of what is missing. Must be called inside the engine's migration lock, in a transaction for each.</summary>
    /// <returns>Its name; null where nothing is missing.</returns>
    public async Task<string?> ApplyNextAsync(WriteTransaction transaction)
    {
        if (await transaction.ScalarAsync<long>(database.Sql("JournalExists")) == 0)
        {
            await transaction.ExecuteAsync(CreateJournal);
        }

        var missing = Missing(await transaction.QueryAsync<(string Name, string Sha256)>(ReadJournal));
        if (missing is not [var name, ..])
        {
            return null;
        }

        await ApplyAsync(transaction, name, files[name], Digest(files[name]));
        return name;
    }

    /// <summary>Changes nothing.</summary>
    /// <exception cref="SchemaException">The database is older than this version, or newer.</exception>
    public async Task VerifyAsync(DbConnection connection)
    {
        var isJournalled = await connection.ExecuteScalarAsync<long>(database.Sql("JournalExists")) > 0;
        var journal = isJournalled ? await connection.QueryAsync<(string Name, string Sha256)>(ReadJournal) : [];
        if (Missing(journal) is [var first, ..])
        {
            throw new SchemaException(
                $"The database {database.Place} is older than this version ('{first}' is missing). "
                    + "Start this version of the hub: serving brings the database up to date."
            );
        }
    }

    private List<string> Missing(IEnumerable<(string Name, string Sha256)> journal)
    {
        var applied = journal.ToDictionary(entry => entry.Name, entry => entry.Sha256, StringComparer.Ordinal);
        if (applied.ContainsKey(UnfinishedCopy))
        {
            throw new SchemaException(
                $"The copy into {database.Place} did not come to its end. Drop the database, make it again, and run `migrate --from` again."
            );
        }

        RefuseUnknown(applied.Keys.Except(files.Names, StringComparer.Ordinal));
        foreach (var (name, digest) in applied)
        {
            if (digest != Digest(files[name]))
            {
                throw new SchemaException(
                    $"The migration '{name}' has been changed since it was applied. Restore the file and write a new migration."
                );
            }
        }

        return [.. files.Names.Where(name => !applied.ContainsKey(name))];
    }

    private static async Task ApplyAsync(WriteTransaction transaction, string name, string text, string digest)
    {
        await transaction.ExecuteAsync(text);
        await transaction.ExecuteAsync(
            "insert into schema_journal (name, sha256, applied_at) values (@name, @digest, @now)",
            new
            {
                name,
                digest,
                now = await transaction.NowAsync(),
            }
        );
    }

    private static void RefuseUnknown(IEnumerable<string> names)
    {
        if (names.FirstOrDefault() is { } newer)
        {
            throw new SchemaException(
                $"The database was migrated by a newer version ('{newer}' is not known here). Run that version, or restore a backup."
            );
        }
    }

    private static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
