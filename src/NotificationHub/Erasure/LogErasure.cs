using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>
/// Takes a person or a device out of both logs. Rows stay, with their ids, digests and places: a repeat is recognised as before, and what is read
/// again or sent again is the same event without them.
/// </summary>
internal sealed class LogErasure(Database database)
{
    private const int ChunkRows = 20;

    /// <summary>How many pages without a find are looked through before that is noted.</summary>
    private const int PagesUnnoted = 20;

    /// <summary>Finds what else says who it is.</summary>
    public Task CollectAsync(ErasureState run, ErasableLog log, CancellationToken cancellationToken) =>
        WalkAsync(
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

    /// <param name="count">Counts them.</param>
    public Task RedactAsync(
        ErasureState run,
        ErasableLog log,
        Action<ErasureRow, int> count,
        CancellationToken cancellationToken
    ) =>
        WalkAsync(
            run,
            log,
            rows => [.. rows.Select(row => Redact(log, row, run.Identifiers)).OfType<ErasableLogRow>()],
            count,
            cancellationToken
        );

    private async Task WalkAsync(
        ErasureState run,
        ErasableLog log,
        Func<IReadOnlyList<ErasableLogRow>, IReadOnlyList<ErasableLogRow>> read,
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

            foreach (var chunk in read(page.Rows).Chunk(ChunkRows))
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
            if (pages % PagesUnnoted == 0)
            {
                var reached = position;
                await run.StepAsync(
                    _ => Task.CompletedTask,
                    progress => progress.Position = reached,
                    cancellationToken
                );
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
