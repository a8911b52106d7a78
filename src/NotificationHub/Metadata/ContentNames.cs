using Dapper;
using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Metadata;

/// <summary>
/// Names, kinds and icons of apps and books, cached in the database. They are for people only: nothing waits long for them
/// or fails without them.
/// </summary>
internal sealed partial class ContentNames(
    Database database,
    ContentMetadataClient apple,
    TimeProvider time,
    ILogger<ContentNames> logger
)
{
    // The lengths of the columns.
    private const int MaxIdLength = 20;
    private const int CountryLength = 2;

    private const int ChunkRows = 100;

    private static readonly TimeSpan MaxLookup = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // An app that is new in the store is found a day later.
    private static readonly TimeSpan AbsentLifetime = TimeSpan.FromDays(1);

    // Expired rows still help while Apple does not respond.
    private static readonly TimeSpan KeepExpired = TimeSpan.FromDays(30);

    /// <summary>Reads the metadata of apps and books; looks up at Apple what is not cached, for at most five seconds.</summary>
    /// <param name="country">The store's country: <c>countryISO2ACode</c> of the location's Client Config.</param>
    /// <param name="adamIds">Apple's IDs.</param>
    /// <param name="cancellationToken">Cancels the lookup and its caller.</param>
    public async Task<IReadOnlyDictionary<string, ContentMetadata>> FindAsync(
        string? country,
        IReadOnlyCollection<string> adamIds,
        CancellationToken cancellationToken
    )
    {
        adamIds = [.. adamIds.Where(id => id.Length is > 0 and <= MaxIdLength && id.All(char.IsAsciiDigit)).Distinct()];
        var cached = await ReadAsync(country, adamIds, cancellationToken);
        var now = time.GetUtcNow();
        var fresh = cached
            .Where(row => row.ExpiresAt > now)
            .Select(row => row.AdamId)
            .ToHashSet(StringComparer.Ordinal);
        string[] missing = [.. adamIds.Where(id => !fresh.Contains(id))];
        if (country is not { Length: CountryLength } || missing.Length == 0)
        {
            return ToNames(cached);
        }

        using var limit = new CancellationTokenSource(MaxLookup, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var result = await apple.LookUpAsync(missing, country, stop.Token);
            if (result.Error is { } error)
            {
                Log.NotFound(logger, result.Failed.Count, error.Message);
            }

            var found = await SaveAsync(country, result, cancellationToken);
            return ToNames(cached.ExceptBy(found.Select(one => one.AdamId), row => row.AdamId).Concat(found));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotFound(logger, missing.Length, $"no response within {MaxLookup}");
            return ToNames(cached);
        }
    }

    /// <summary>Reads the cached names, and sends no request.</summary>
    /// <returns>Names by adamId.</returns>
    public async Task<IReadOnlyDictionary<string, string>> FindCachedAsync(
        string? country,
        IEnumerable<string?> adamIds,
        CancellationToken cancellationToken
    )
    {
        string[] ids = [.. adamIds.OfType<string>().Distinct(StringComparer.Ordinal)];
        return ToNames(await ReadAsync(country, ids, cancellationToken))
            .ToDictionary(known => known.Key, known => known.Value.Name!, StringComparer.Ordinal);
    }

    private Task<IReadOnlyList<Row>> ReadAsync(
        string? country,
        IReadOnlyCollection<string> adamIds,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<Row>>(
            async connection =>
                await adamIds.InPartsAsync(part =>
                    connection.QueryAsync<Row>(
                        """
                        select adam_id AdamId, name, kind, icon IconTemplate, expires_at ExpiresAt
                        from content_metadata
                        where adam_id in @ids and (@country is null or country = @country)
                        order by expires_at
                        """,
                        new { ids = part.InList(), country }
                    )
                ),
            cancellationToken
        );

    private async Task<IReadOnlyList<Row>> SaveAsync(
        string country,
        ContentMetadataResult result,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        Row[] rows =
        [
            .. result.Found.Values.Select(found => Row.From(found, now + Lifetime)),
            .. result.Absent.Select(id => new Row { AdamId = id, ExpiresAt = now + AbsentLifetime }),
        ];
        // The intake of a running hub waits for each transaction.
        foreach (var chunk in rows.Chunk(ChunkRows))
        {
            await database.WriteAsync(transaction => SaveAsync(transaction, country, chunk, now), cancellationToken);
        }

        return rows;
    }

    private static async Task SaveAsync(WriteTransaction transaction, string country, Row[] rows, DateTimeOffset now)
    {
        await transaction.ExecuteAsync(
            "delete from content_metadata where expires_at < @oldest",
            new { oldest = now - KeepExpired }
        );
        foreach (var row in rows)
        {
            await transaction.ExecuteAsync(
                "delete from content_metadata where country = @country and adam_id = @AdamId",
                new { country, row.AdamId }
            );
            await transaction.ExecuteAsync(
                """
                insert into content_metadata (country, adam_id, name, kind, icon, expires_at)
                values (@country, @AdamId, @Name, @Kind, @IconTemplate, @ExpiresAt)
                """,
                new
                {
                    country,
                    row.AdamId,
                    row.Name,
                    row.Kind,
                    row.IconTemplate,
                    row.ExpiresAt,
                }
            );
        }
    }

    private static Dictionary<string, ContentMetadata> ToNames(IEnumerable<Row> rows)
    {
        Dictionary<string, ContentMetadata> names = new(StringComparer.Ordinal);
        foreach (var row in rows.Where(row => row.Name is not null))
        {
            names[row.AdamId] = new ContentMetadata
            {
                AdamId = row.AdamId,
                Name = row.Name,
                Kind = row.Kind,
                IconTemplate = row.IconTemplate,
            };
        }

        return names;
    }

    /// <summary>A row of <c>content_metadata</c>. Without a name, Apple has no metadata.</summary>
    private sealed record Row
    {
        public required string AdamId { get; init; }

        public string? Name { get; init; }

        public string? Kind { get; init; }

        public string? IconTemplate { get; init; }

        public required DateTimeOffset ExpiresAt { get; init; }

        public static Row From(ContentMetadata found, DateTimeOffset expiresAt) =>
            new()
            {
                AdamId = found.AdamId,
                Name = found.Name,
                Kind = found.Kind,
                IconTemplate = found.IconTemplate,
                ExpiresAt = expiresAt,
            };
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Could not look up the names of {Count} apps and books: {Error} Apple's IDs are shown instead."
        )]
        public static partial void NotFound(ILogger logger, int count, string error);
    }
}
