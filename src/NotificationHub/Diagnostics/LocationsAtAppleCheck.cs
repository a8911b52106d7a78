using System.Collections.Concurrent;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Compares each location's Client Config at Apple with the record, and updates its state like <c>locations verify</c>.</summary>
internal sealed class LocationsAtAppleCheck(Database database, LocationCheck check)
    : DiagnosticCheck("locations at Apple", needsDatabase: true)
{
    private const int MaxParallel = 8;

    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var audit = new StateAudit(actor, "doctor");
        var results = new ConcurrentBag<DiagnosticResult>();
        await Parallel.ForEachAsync(
            LocationStore.ReadCurrentAsync(database, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellationToken },
            async (location, token) =>
            {
                foreach (var result in await CheckAsync(location, audit, token))
                {
                    results.Add(result);
                }
            }
        );
        return results.IsEmpty
            ? [DiagnosticResult.NotChecked("no location is registered")]
            : [.. results.OrderBy(result => result.Subject, StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Location location,
        StateAudit audit,
        CancellationToken cancellationToken
    )
    {
        var id = location.LocationId;
        if (location.ReceiveOnly)
        {
            return [DiagnosticResult.NotChecked("has no content token (receive only)", id)];
        }

        try
        {
            var result = await check.VerifyAsync(id, cancellationToken, audit);
            return result.Differences.Count == 0
                ? [CheckState(result.Location)]
                : [.. result.Differences.Select(one => DiagnosticResult.Failed(Describe(one), one.Advice, id))];
        }
        catch (LocationException exception) when (exception.Code == LocationErrorCode.Busy)
        {
            return [DiagnosticResult.NotChecked("another command is working on it", id)];
        }
        catch (LocationException exception)
        {
            return [DiagnosticResult.Failed(exception.Message, $"Run `locations show {id}` for details.", id)];
        }
    }

    private static DiagnosticResult CheckState(Location location) =>
        location.State == LocationState.Valid
            ? DiagnosticResult.Ok(
                location.TokenReadOnly ? "matches the record; its content token is read-only" : "matches the record",
                location.LocationId
            )
            : DiagnosticResult.Failed(
                $"is {location.StateName}{(location.StateReason is { } reason ? $": {reason}" : "")}",
                AdviceOn(location.State),
                location.LocationId
            );

    private static string AdviceOn(LocationState state) =>
        state switch
        {
            LocationState.TakenOver => "Find out which MDM should own it. To reclaim it, run `locations add` again.",
            LocationState.Pending => "Run the same `locations add` again; it resumes the registration.",
            _ => "Download a new content token from Apple and store it with `locations renew-token`.",
        };

    private static string Describe(LocationDifference one) =>
        one.Expected is null && one.Actual is null
            ? $"{one.Setting} differs"
            : $"{one.Setting} is '{one.Actual ?? "nothing"}', but the record has '{one.Expected ?? "nothing"}'";
}
