using NotificationHub.Storage;

namespace NotificationHub.Erasure;

// Rows keep their IDs, digests and positions, so that a repeated notification is recognized and a resent event is the same one, redacted.
internal sealed class LogErasure(Database database)
{
    private const int ChunkRows = 20;

    /// <summary>After how many pages the position is stored, even if nothing was redacted.</summary>
    private const int PagesPerSave = 20;

    public Task CollectAsync(ErasureState run, ErasableLog log, CancellationToken cancellationToken) =>
        ProcessAsync(
            run,
            log,
            rows =>
            {
                foreach (var row in rows)
                {
                    JsonRedaction.Collect(row.Json ?? [], run.Identifiers);
                }

                return [];
            },
            count: null,
            cancellationToken
        );

    public Task RedactAsync(
        ErasureState run,
        ErasableLog log,
        Action<ErasureRow, int> count,
        CancellationToken cancellationToken
    ) =>
        ProcessAsync(
            run,
            log,
            rows => [.. rows.Select(row => Redact(log, row, run.Identifiers)).OfType<ErasableLogRow>()],
            count,
            cancellationToken
        );

    private async Task ProcessAsync(
        ErasureState run,
        ErasableLog log,
        Func<IReadOnlyList<ErasableLogRow>, IReadOnlyList<ErasableLogRow>> select,
        Action<ErasureRow, int>? count,
        CancellationToken cancellationToken
    )
    {
        var position = run.Row.Position;
        for (var pages = 1; ; pages++)
        {
            var page = await log.ReadAsync(database, position, run.Row.LocationId, cancellationToken);
            if (page is null)
            {
                return;
            }

            foreach (var chunk in select(page.Rows).Chunk(ChunkRows))
            {
                await run.StepAsync(
                    async transaction =>
                    {
                        foreach (var row in chunk)
                        {
                            await log.UpdateAsync(transaction, row);
                        }
                    },
                    progress =>
                    {
                        progress.Position = chunk[^1].Seq;
                        count?.Invoke(progress, chunk.Length);
                    },
                    cancellationToken
                );
            }

            position = page.Position;
            if (pages % PagesPerSave == 0)
            {
                var reached = position;
                await run.StepAsync(work: null, progress => progress.Position = reached, cancellationToken);
            }
        }
    }

    private static ErasableLogRow? Redact(ErasableLog log, ErasableLogRow row, PersonalIdentifiers identifiers)
    {
        var json = row.Json is null ? null : JsonRedaction.Redact(row.Json, identifiers);
        var text = row.Text is null ? null : log.Redact(identifiers, row.Text);
        return json is null && text == row.Text ? null : row with { Text = text, Json = json ?? row.Json };
    }
}
