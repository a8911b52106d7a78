using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>Maps Apple's records to the records of events. A record without a usable identity maps to null.</summary>
// The JSON is canonical (members in one order, no nulls, sorted sets), so that equal texts mean equal records.
internal static class RecordMapping
{
    public static SnapshotRecord? Map(Asset asset) =>
        asset.AdamId is not { } adamId || !RecordKeys.IsUsable(adamId, GetPricing(asset.PricingParam))
            ? null
            : Create(
                RecordKeys.Asset(adamId, GetPricing(asset.PricingParam)),
                adamId,
                new AssetRecord
                {
                    AdamId = adamId,
                    PricingParam = GetPricing(asset.PricingParam),
                    ProductType = asset.ProductType,
                    DeviceAssignable = asset.DeviceAssignable,
                    Revocable = asset.Revocable,
                    AssignedCount = asset.AssignedCount,
                    AvailableCount = asset.AvailableCount,
                    RetiredCount = asset.RetiredCount,
                    TotalCount = asset.TotalCount,
                    SupportedPlatforms = [.. asset.SupportedPlatforms.Order(StringComparer.Ordinal)],
                },
                EventJsonContext.Wire.AssetRecord
            );

    public static SnapshotRecord? Map(Assignment assignment)
    {
        var pricing = GetPricing(assignment.PricingParam);
        var holder =
            assignment.SerialNumber is { } serial ? RecordKeys.SerialHolder(serial)
            : assignment.ClientUserId is { } user ? RecordKeys.UserHolder(user)
            : null;
        return assignment.AdamId is not { } adamId || holder is null || !RecordKeys.IsUsable(adamId, pricing)
            ? null
            : Create(
                RecordKeys.Assignment(RecordKeys.Asset(adamId, pricing), holder),
                adamId,
                new AssignmentRecord
                {
                    AdamId = adamId,
                    PricingParam = pricing,
                    SerialNumber = assignment.SerialNumber,
                    ClientUserId = assignment.SerialNumber is null ? assignment.ClientUserId : null,
                },
                EventJsonContext.Wire.AssignmentRecord
            );
    }

    public static SnapshotRecord? Map(Subscription subscription) =>
        subscription.AdamId is not { } adamId || !RecordKeys.IsUsable(adamId, RecordKeys.DefaultPricing)
            ? null
            : Create(
                adamId,
                adamId,
                new SubscriptionRecord
                {
                    AdamId = adamId,
                    ParentAdamId = subscription.ParentAdamId,
                    Status = subscription.Status,
                    PeriodEndDate = subscription.PeriodEndDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    Counts = MapCounts(subscription.Counts),
                },
                EventJsonContext.Wire.SubscriptionRecord
            );

    public static SnapshotRecord? Map(SubscriptionAssignment assignment) =>
        assignment is not { AdamId: { } adamId, ClientUserId: { } user }
        || !RecordKeys.IsUsable(adamId, RecordKeys.DefaultPricing)
            ? null
            : Create(
                RecordKeys.SubscriptionAssignment(adamId, user),
                adamId,
                new SubscriptionAssignmentRecord
                {
                    AdamId = adamId,
                    ClientUserId = user,
                    Renewing = assignment.Renewing ?? false,
                },
                EventJsonContext.Wire.SubscriptionAssignmentRecord
            );

    public static SnapshotRecord? Create<T>(string key, string? adamId, T record, JsonTypeInfo<T> type) =>
        RecordKeys.IsUsable(key) ? new(key, JsonSerializer.Serialize(record, type), adamId) : null;

    private static string GetPricing(string? pricingParam) => pricingParam ?? RecordKeys.DefaultPricing;

    private static Events.SubscriptionCounts? MapCounts(Apple.SubscriptionCounts? counts) =>
        counts is null
            ? null
            : new Events.SubscriptionCounts
            {
                Assigned = MapSeats(counts.Assigned),
                Available = MapSeats(counts.Available),
                Total = MapSeats(counts.Total),
            };

    private static Events.SeatCounts? MapSeats(Apple.SeatCounts? seats) =>
        seats is null ? null : new Events.SeatCounts { Renewing = seats.Renewing ?? 0, Expiring = seats.Expiring ?? 0 };
}
