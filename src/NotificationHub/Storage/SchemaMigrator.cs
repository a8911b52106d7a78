using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace NotificationHub.Storage;

internal sealed class SchemaException(string message) : Exception(message);

/// <summary>
/// Applies the numbered files of an engine's <c>Migrations</c> folder, and records them with their digests, so that a changed
/// file is detected. During a rolling upgrade, older replicas run on the newer schema, unless a migration's first line says
/// that it breaks them.
/// </summary>
/// <param name="migrations">Replaces this version's files in tests.</param>
internal sealed class SchemaMigrator(Database database, SqlFiles? migrations = null)
{
    /// <summary>The journal's entry while another database is copied into this one.</summary>
    public const string UnfinishedCopy = "unfinished copy";

    private const string BreaksPrefix = "-- breaks: older versions\n";

    private const string CreateJournal = """
        create table schema_journal
        (
            name       varchar(100) not null primary key,
            sha256     varchar(64)  not null,
            applied_at bigint       not null
        )
        """;

    // Older versions, which do not have the migration's file, find its name here.
    private const string CreateBreaks = """
        create table breaking_migration
        (
            name varchar(100) not null primary key
        )
        """;

    private const string ReadJournal = "select name, sha256 from schema_journal order by name";
    private const string ReadBreaks = "select name from breaking_migration order by name";

    private readonly SqlFiles files = migrations ?? new SqlFiles($"{database.Engine}/Migrations/");

    /// <summary>Applies the first missing migration, under the engine's migration lock and in a transaction of its own.</summary>
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

    /// <exception cref="SchemaException">The schema is older than this version, or incompatible with it.</exception>
    public async Task VerifyAsync(DbConnection connection)
    {
        var hasJournal = await connection.ExecuteScalarAsync<long>(database.Sql("JournalExists")) > 0;
        var journal = hasJournal ? await connection.QueryAsync<(string Name, string Sha256)>(ReadJournal) : [];
        var hasBreaks = await connection.ExecuteScalarAsync<long>(database.Sql("BreaksExist")) > 0;
        var breaks = hasBreaks ? await connection.QueryAsync<string>(ReadBreaks) : [];
        if (Missing(journal, breaks) is [var first, ..])
        {
            throw new SchemaException(
                $"The schema of {database.DisplayName} is older than this version: migration '{first}' is missing. Nothing was changed. "
                    + "Run `migrate`; `serve` does this, too, unless Storage:MigrateOnStart is false."
            );
        }
    }

    private List<string> Missing(IEnumerable<(string Name, string Sha256)> journal, IEnumerable<string> breaks)
    {
        var applied = journal.ToDictionary(entry => entry.Name, entry => entry.Sha256, StringComparer.Ordinal);
        if (applied.ContainsKey(UnfinishedCopy))
        {
            throw new SchemaException(
                $"The copy into {database.DisplayName} is incomplete. Drop and create the database, and run `migrate --from-sqlite` again."
            );
        }

        EnsureKnown(breaks.Except(files.Names, StringComparer.Ordinal));
        foreach (var name in files.Names)
        {
            if (applied.TryGetValue(name, out var digest) && digest != Digest(files[name]))
            {
                throw new SchemaException(
                    $"The migration '{name}' was changed after it was applied. Nothing was changed. Restore the file, and add a new migration."
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
        if (text.StartsWith(BreaksPrefix, StringComparison.Ordinal))
        {
            await transaction.ExecuteAsync("insert into breaking_migration (name) values (@name)", new { name });
        }
    }

    private static void EnsureKnown(IEnumerable<string> names)
    {
        if (names.FirstOrDefault() is { } newer)
        {
            throw new SchemaException(
                $"A newer version migrated the database: this version does not have migration '{newer}'. Nothing was changed. Run the newer version, or restore a backup."
            );
        }
    }

    private static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
