using System.Collections.Concurrent;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Whether Apple has each location configured as it is recorded here. What its answer means is written down, as by <c>locations verify</c>.</summary>
internal sealed class LocationsAtAppleCheck(Database database, LocationVerification verification) : IDiagnosticCheck
{
    private const int AtOnce = 8;

    // The doctor is a command: nobody else examines.
    private static readonly StateAudit Audit = new(Actor.CommandLine, "doctor");

    public string Name => "locations at Apple";

    public bool NeedsDatabase => true;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        var findings = new ConcurrentBag<DiagnosticResult>();
        await Parallel.ForEachAsync(
            AllLocations.ReadAsync(database, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (location, token) =>
            {
                foreach (var finding in await ExamineAsync(location, token))
                {
                    findings.Add(finding);
                }
            }
        );
        return findings.IsEmpty
            ? [DiagnosticResult.NotChecked("no location is registered")]
            : [.. findings.OrderBy(finding => finding.Subject, StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(
        Location location,
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
            var result = await verification.VerifyAsync(new VerifyRequest(id, Audit), cancellationToken);
            return result.Differences.Count == 0
                ? [Judge(result.Location)]
                : [.. result.Differences.Select(one => DiagnosticResult.Failed(Describe(one), one.Advice, id))];
        }
        catch (LocationException fault) when (fault.Code == LocationErrorCode.Busy)
        {
            return [DiagnosticResult.NotChecked("another command works on it at this moment", id)];
        }
        catch (LocationException fault)
        {
            return [DiagnosticResult.Failed(fault.Message, $"`locations show {id}` tells what is known of it.", id)];
        }
    }

    private static DiagnosticResult Judge(Location location) =>
        location.State == LocationState.Valid
            ? DiagnosticResult.Ok("is as recorded", location.LocationId)
            : DiagnosticResult.Failed(
                $"is {location.StateName}{(location.StateReason is { } reason ? $": {reason}" : "")}",
                AdviceOn(location.State),
                location.LocationId
            );

    private static string AdviceOn(LocationState state) =>
        state switch
        {
            LocationState.TakenOver => "Agree on who owns it; `locations add` then takes it up again.",
            LocationState.Pending => "Run the same `locations add` again: it finds out and finishes.",
            _ => "Download a new content token at Apple and give it with `locations renew-token`.",
        };

    private static string Describe(LocationDifference one) =>
        one.Expected is null && one.Actual is null
            ? $"{one.Setting} differs"
            : $"{one.Setting} is '{one.Actual ?? "nothing"}', recorded is '{one.Expected ?? "nothing"}'";
}
