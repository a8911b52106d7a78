using System.Globalization;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using SimulatedCounts = NotificationHub.Simulator.Apple.State.SubscriptionCounts;

namespace NotificationHub.Tests.Model;

/// <summary>Apple's records of a location, with all members, in the format of <see cref="RevisionCopy.Lines"/>.</summary>
internal static class StateLines
{
    private static readonly string[] Platforms = ["iOS", "macOS", "tvOS", "visionOS", "watchOS"];
    private static readonly EventJsonContext Wire = EventJsonContext.Wire;

    public static string Of(string subject, string record) =>
        // Retired records are compared without their subject, which has no ID of Apple's.
        subject.Contains("/retired/", StringComparison.Ordinal)
            ? $"retired {record}"
            : $"{subject} {record}";

    public static IReadOnlyList<string> Of(SimulatedState state) =>
        [
            .. state
                .Assets.Select(OfAsset)
                .Concat(state.Assignments.Select(OfAssignment))
                .Concat(state.Users.Select(OfUser))
                .Concat(state.Subscriptions.Select(OfSubscription))
                .Concat(state.SubscriptionAssignments.Select(OfSeat))
                // Equal retired records cannot be distinguished.
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private static string OfAsset(SimulatedAsset asset) =>
        Of(
            $"assets/{asset.AdamId}/{asset.PricingParam}",
            JsonSerializer.Serialize(
                new AssetRecord
                {
                    AdamId = asset.AdamId,
                    PricingParam = asset.PricingParam,
                    ProductType = asset.ProductType,
                    DeviceAssignable = asset.DeviceAssignable,
                    Revocable = asset.Revocable,
                    AssignedCount = asset.Assigned,
                    AvailableCount = asset.Available,
                    RetiredCount = asset.Retired,
                    TotalCount = asset.Total,
                    SupportedPlatforms = Platforms,
                },
                Wire.AssetRecord
            )
        );

    private static string OfAssignment(SimulatedAssignment assignment)
    {
        var holder = assignment.SerialNumber is { } serial ? $"serial:{serial}" : $"user:{assignment.ClientUserId}";
        return Of(
            $"assignments/{assignment.AdamId}/{assignment.PricingParam}/{holder}",
            JsonSerializer.Serialize(
                new AssignmentRecord
                {
                    AdamId = assignment.AdamId,
                    PricingParam = assignment.PricingParam,
                    SerialNumber = assignment.SerialNumber,
                    ClientUserId = assignment.ClientUserId,
                },
                Wire.AssignmentRecord
            )
        );
    }

    private static string OfUser(SimulatedUser user)
    {
        var record = JsonSerializer.Serialize(
            new UserRecord
            {
                ClientUserId = user.ClientUserId,
                Email = user.Email,
                IdHash = user.IdHash,
                Status = user.Status,
            },
            Wire.UserRecord
        );
        return user.IsActive ? Of(UserKeys.Subject(user.ClientUserId), record) : $"retired {record}";
    }

    private static string OfSubscription(SimulatedSubscription subscription)
    {
        var counts = SimulatedCounts.From(subscription);
        return Of(
            string.Create(CultureInfo.InvariantCulture, $"subscriptions/{subscription.AdamId}"),
            JsonSerializer.Serialize(
                new SubscriptionRecord
                {
                    AdamId = subscription.AdamId.ToString(CultureInfo.InvariantCulture),
                    ParentAdamId = subscription.ParentAdamId?.ToString(CultureInfo.InvariantCulture),
                    Status = subscription.Status,
                    PeriodEndDate = subscription.PeriodEndDate?.ToString("O", CultureInfo.InvariantCulture),
                    Counts = new Events.SubscriptionCounts
                    {
                        Assigned = Seats(counts.Assigned),
                        Available = Seats(counts.Available),
                        Total = Seats(counts.Total),
                    },
                },
                Wire.SubscriptionRecord
            )
        );
    }

    private static string OfSeat(SimulatedSubscriptionAssignment seat)
    {
        var adamId = seat.AdamId.ToString(CultureInfo.InvariantCulture);
        return Of(
            $"subscription-assignments/{adamId}/{seat.ClientUserId}",
            JsonSerializer.Serialize(
                new SubscriptionAssignmentRecord
                {
                    AdamId = adamId,
                    ClientUserId = seat.ClientUserId,
                    Renewing = seat.Renewing,
                },
                Wire.SubscriptionAssignmentRecord
            )
        );
    }

    private static SeatCounts Seats(SeatCount seats) => new() { Renewing = seats.Renewing, Expiring = seats.Expiring };
}
