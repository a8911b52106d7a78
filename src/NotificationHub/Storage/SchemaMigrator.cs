using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace NotificationHub.Storage;

internal sealed class SchemaException(string message) : Exception(message);

/// <summary>
/// Applies the numbered files of an engine's <c>Migrations</c> folder, and keeps a journal of them with their digests: a file that
/// was changed after it was applied is refused. While replicas are replaced one by one, the older ones go on beside what newer ones
/// have added; only a migration that says so in its first line shuts them out.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="migrations">Other files than this version's own.</param>
internal sealed class SchemaMigrator(Database database, SqlFiles? migrations = null)
{
    /// <summary>In the journal while another database is being copied into this one.</summary>
    public const string UnfinishedCopy = "unfinished copy";

    private const string BreakMark = "-- breaks: older versions\n";

    private const string CreateJournal = """
        create table schema_journal
        (
            name       varchar(100) not null primary key,
            sha256     varchar(64)  not null,
            applied_at bigint       not null
        )
        """;

    // A table of its own: the versions that do not know a migration find its name here.
    private const string CreateBreaks = """
        create table breaking_migration
        (
            name varchar(100) not null primary key
        )
        """;

    private const string ReadJournal = "select name, sha256 from schema_journal order by name";
    private const string ReadBreaks = "select name from breaking_migration order by name";

    private readonly SqlFiles files = migrations ?? new SqlFiles($"{database.Engine}/Migrations/");

    /// <summary>Applies the first of what is missing. Must be called inside the engine's migration lock, in a transaction for each.</summary>
    /// <returns>Its name; null where nothing is missing.</returns>
    public async Task<string?> ApplyNextAsync(WriteTransaction transaction)
    {
        if (await transaction.ScalarAsync<long>(database.Sql("JournalExists")) == 0)
        {
            await transaction.ExecuteAsync(CreateJournal);
        }

        if (await transaction.ScalarAsync<long>(database.Sql("BreaksExist")) == 0)
        {
            await transaction.ExecuteAsync(CreateBreaks);
        }

        var missing = Missing(
            await transaction.QueryAsync<(string Name, string Sha256)>(ReadJournal),
            await transaction.QueryAsync<string>(ReadBreaks)
        );
        if (missing is not [var name, ..])
        {
            return null;
        }

        await ApplyAsync(transaction, name, files[name]);
        return name;
    }

    /// <summary>Changes nothing.</summary>
    /// <exception cref="SchemaException">The database is older than this version, or too new for it.</exception>
    public async Task VerifyAsync(DbConnection connection)
    {
        var isJournalled = await connection.ExecuteScalarAsync<long>(database.Sql("JournalExists")) > 0;
        var journal = isJournalled ? await connection.QueryAsync<(string Name, string Sha256)>(ReadJournal) : [];
        var isBreakable = await connection.ExecuteScalarAsync<long>(database.Sql("BreaksExist")) > 0;
        var breaks = isBreakable ? await connection.QueryAsync<string>(ReadBreaks) : [];
        if (Missing(journal, breaks) is [var first, ..])
        {
            throw new SchemaException(
                $"The database {database.Place} is older than this version ('{first}' is missing): run `migrate`. "
                    + "Serving does so by itself, unless Storage:MigrateOnStart is false."
            );
        }
    }

    private List<string> Missing(IEnumerable<(string Name, string Sha256)> journal, IEnumerable<string> breaks)
    {
        var applied = journal.ToDictionary(entry => entry.Name, entry => entry.Sha256, StringComparer.Ordinal);
        if (applied.ContainsKey(UnfinishedCopy))
        {
            throw new SchemaException(
                $"The copy into {database.Place} did not come to its end. Drop the database, make it again, and run `migrate --from-sqlite` again."
            );
        }

        RefuseUnknown(breaks.Except(files.Names, StringComparer.Ordinal));
        foreach (var name in files.Names)
        {
            if (applied.TryGetValue(name, out var digest) && digest != Digest(files[name]))
            {
                throw new SchemaException(
                    $"The migration '{name}' has been changed since it was applied. Restore the file and write a new migration."
                );
            }
        }

        return [.. files.Names.Where(name => !applied.ContainsKey(name))];
    }

    private static async Task ApplyAsync(WriteTransaction transaction, string name, string text)
    {
        await transaction.ExecuteAsync(text);
        await transaction.ExecuteAsync(
            "insert into schema_journal (name, sha256, applied_at) values (@name, @digest, @now)",
            new
            {
                name,
                digest = Digest(text),
                now = await transaction.NowAsync(),
            }
        );
        if (text.StartsWith(BreakMark, StringComparison.Ordinal))
        {
            await transaction.ExecuteAsync("insert into breaking_migration (name) values (@name)", new { name });
        }
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
