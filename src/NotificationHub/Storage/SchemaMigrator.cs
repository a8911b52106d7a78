using System.Security.Cryptography;
using System.Text;

namespace NotificationHub.Storage;

internal sealed class SchemaException(string message) : Exception(message);

/// <summary>
/// Applies the numbered files of an engine's <c>Migrations</c> folder, a transaction each, and keeps a journal of them with
/// their digests: a file that was changed after it was applied, or a database of a newer version, is refused.
/// </summary>
internal sealed class SchemaMigrator(Database database)
{
    private const string CreateJournal = """
        create table schema_journal
        (
            name       varchar(100) not null primary key,
            sha256     varchar(64)  not null,
            applied_at bigint       not null
        )
        """;

    /// <summary>Applies what is missing. Must be called inside the engine's migration lock.</summary>
    /// <returns>The names of the files that were applied now.</returns>
    public async Task<IReadOnlyList<string>> MigrateAsync(WriteTransaction transaction)
    {
        var files = new SqlFiles($"{database.Engine}/Migrations/");
        if (await transaction.ScalarAsync<long>(database.Sql("JournalExists")) == 0)
        {
            await transaction.ExecuteAsync(CreateJournal);
        }

        var journal = await transaction.QueryAsync<(string Name, string Sha256)>(
            "select name, sha256 from schema_journal order by name"
        );
        var applied = journal.ToDictionary(entry => entry.Name, entry => entry.Sha256, StringComparer.Ordinal);
        RefuseUnknown(applied.Keys.Except(files.Names, StringComparer.Ordinal));

        List<string> now = [];
        foreach (var name in files.Names)
        {
            var digest = Digest(files[name]);
            if (!applied.TryGetValue(name, out var known))
            {
                await ApplyAsync(transaction, name, files[name], digest);
                now.Add(name);
            }
            else if (known != digest)
            {
                throw new SchemaException(
                    $"The migration '{name}' has been changed since it was applied. Restore the file and write a new migration."
                );
            }
        }

        return now;
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
