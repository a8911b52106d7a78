using System.Text;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

internal sealed class ReportErasure(Database database)
{
    private const int PageRows = 200;

    public async Task RunAsync(ErasureState run, CancellationToken cancellationToken)
    {
        await RedactReportsAsync(run, cancellationToken);
        await RedactDeadLettersAsync(run, cancellationToken);
    }

    private async Task RedactReportsAsync(ErasureState run, CancellationToken cancellationToken)
    {
        var after = "";
        while (await ReadIdsAsync(after, cancellationToken) is { Count: > 0 } eventIds)
        {
            var reports = await ReadReportsAsync(eventIds, run.Row.LocationId, cancellationToken);
            foreach (var (eventId, locationId, report) in reports)
            {
                if (JsonRedaction.Redact(Encoding.UTF8.GetBytes(report), run.Identifiers) is { } redacted)
                {
                    await run.StepAsync(
                        transaction =>
                            transaction.ExecuteAsync(
                                "update operation set report = @redacted where event_id = @eventId and location_id = @locationId",
                                new
                                {
                                    eventId,
                                    locationId,
                                    redacted = Encoding.UTF8.GetString(redacted),
                                }
                            ),
                        row => row.Records++,
                        cancellationToken
                    );
                }
            }

            after = eventIds[^1];
        }
    }

    private Task<IReadOnlyList<string>> ReadIdsAsync(string after, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<string>(
                    $"select distinct event_id from operation where event_id > @after order by event_id {connection.Limit("@PageRows")}",
                    new { after, PageRows }
                ),
            cancellationToken
        );

    private Task<IReadOnlyList<(string EventId, string LocationId, string Report)>> ReadReportsAsync(
        IReadOnlyList<string> eventIds,
        string? locationId,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<(string, string, string)>(
            """
            select event_id, location_id, report
            from operation
            where event_id in @eventIds and report is not null and (@locationId is null or location_id = @locationId)
            """,
            new { eventIds = eventIds.InList(), locationId },
            cancellationToken
        );

    private async Task RedactDeadLettersAsync(ErasureState run, CancellationToken cancellationToken)
    {
        var after = 0L;
        while (await ReadReasonsAsync(after, run.Row.LocationId, cancellationToken) is { Count: > 0 } letters)
        {
            foreach (var (seq, reason) in letters.Where(letter => run.Identifiers.AreIn(letter.Reason)))
            {
                await run.StepAsync(
                    transaction =>
                        transaction.ExecuteAsync(
                            "update dead_letter set reason = @redacted where event_seq = @seq",
                            new { seq, redacted = run.Identifiers.Redact(reason) }
                        ),
                    row => row.Records++,
                    cancellationToken
                );
            }

            after = letters[^1].Seq;
        }
    }

    private Task<IReadOnlyList<(long Seq, string Reason)>> ReadReasonsAsync(
        long after,
        string? locationId,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<(long, string)>(
                    $"""
                    select d.event_seq, d.reason
                    from dead_letter d
                    left join event_log e on e.seq = d.event_seq
                    where d.event_seq > @after and (@locationId is null or e.location_id = @locationId)
                    order by d.event_seq
                    {connection.Limit("@PageRows")}
                    """,
                    new
                    {
                        after,
                        locationId,
                        PageRows,
                    }
                ),
            cancellationToken
        );
}
