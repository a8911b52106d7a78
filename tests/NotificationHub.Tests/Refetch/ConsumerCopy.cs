using System.Globalization;
using System.Text.Json;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Refetch;

/// <summary>A consumer's copy of a location: for each subject, the record in the event with the highest revision.</summary>
internal sealed class ConsumerCopy
{
    private readonly Dictionary<string, JsonElement> records = new(StringComparer.Ordinal);

    public static ConsumerCopy Of(IEnumerable<EventEntry> events)
    {
        var copy = new ConsumerCopy();
        foreach (var entry in events.Where(entry => entry.Type.EndsWith(".changed", StringComparison.Ordinal)))
        {
            copy.Apply(entry);
        }

        return copy;
    }

    /// <summary>The subjects, each with the members that distinguish records.</summary>
    public IReadOnlyList<string> Lines() =>
        [.. records.Select(pair => Describe(pair.Key, pair.Value)).Order(StringComparer.Ordinal)];

    /// <summary>The same for Apple's records.</summary>
    public static IReadOnlyList<string> LinesOf(SimulatedState state) =>
        [
            .. state
                .Assets.Select(asset =>
                    $"assets/{asset.AdamId}/{asset.PricingParam} {asset.Assigned} {asset.Available} {asset.Total}"
                )
                .Concat(
                    state.Assignments.Select(assignment =>
                        $"assignments/{assignment.AdamId}/{assignment.PricingParam}/"
                        + (
                            assignment.SerialNumber is { } serial
                                ? $"serial:{serial}"
                                : $"user:{assignment.ClientUserId}"
                        )
                    )
                )
                .Concat(
                    state.Users.Select(user =>
                        $"user {user.ClientUserId} {user.Email} {user.IdHash} {user.Status}".Replace("  ", " ")
                    )
                )
                .Concat(state.Subscriptions.Select(SubscriptionLine))
                .Concat(
                    state.SubscriptionAssignments.Select(seat =>
                        $"subscription-assignments/{seat.AdamId}/{seat.ClientUserId} {seat.Renewing}"
                    )
                )
                // Retired records with the same content are indistinguishable.
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private void Apply(EventEntry entry)
    {
        using var data = JsonDocument.Parse(entry.Data);
        var known = records.TryGetValue(entry.Subject!, out var before) ? before.GetRawText() : null;
        var stated = data.RootElement.GetProperty("before");
        (stated.ValueKind == JsonValueKind.Null ? null : stated.GetRawText()).ShouldBe(
            known,
            $"event {entry.Seq} ({entry.Subject}) states another record than the one before it"
        );
        var after = data.RootElement.GetProperty("after");
        if (after.ValueKind == JsonValueKind.Null)
        {
            records.Remove(entry.Subject!);
        }
        else
        {
            records[entry.Subject!] = after.Clone();
        }
    }

    private static string Describe(string subject, JsonElement record)
    {
        string Text(string name) => record.TryGetProperty(name, out var member) ? member.ToString() : "";
        var kind = subject[..subject.IndexOf('/', StringComparison.Ordinal)];
        return kind switch
        {
            "assets" => $"{subject} {Text("assignedCount")} {Text("availableCount")} {Text("totalCount")}",
            "users" => $"user {Text("clientUserId")} {Text("email")} {Text("idHash")} {Text("status")}".Replace(
                "  ",
                " "
            ),
            "subscriptions" => $"{subject} {Text("counts")}",
            "subscription-assignments" => $"{subject} {Text("renewing")}",
            _ => subject,
        };
    }

    private static string SubscriptionLine(SimulatedSubscription subscription)
    {
        var counts = SubscriptionCounts.From(subscription);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"subscriptions/{subscription.AdamId} {{\"assigned\":{Seats(counts.Assigned)},\"available\":{Seats(counts.Available)},\"total\":{Seats(counts.Total)}}}"
        );
    }

    private static string Seats(SeatCount seats) => seats.ToJson().ToJsonString();
}
