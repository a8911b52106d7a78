using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

internal sealed class SubscriptionCountRoute()
    : NotificationRoute<SubscriptionCountNotification>(
        NotificationTypes.SubscriptionCount,
        EventNames.SubscriptionCountNotified,
        new SubscriptionCountValidator()
    )
{
    protected override SubscriptionCountNotification ReadMembers(JsonMembers notification)
    {
        var counts = notification.Object("counts");
        return new SubscriptionCountNotification
        {
            AdamId = notification.Id("adamId") ?? "",
            ParentAdamId = notification.Id("parentAdamId"),
            Counts = new NotifiedSubscriptionCounts
            {
                Available = ReadSeats(counts.Object("available")),
                Total = ReadSeats(counts.Object("total")),
            },
        };
    }

    protected override bool IsUsual(SubscriptionCountNotification notification) =>
        NotificationRules.IsDigits(notification.AdamId)
        && (notification.ParentAdamId is null || NotificationRules.IsDigits(notification.ParentAdamId))
        && notification.Counts is { Available: not null, Total: not null };

    protected override NotificationDescription Describe(SubscriptionCountNotification notification) =>
        new()
        {
            Subject = $"subscriptions/{notification.AdamId}",
            AdamId = notification.AdamId,
            Targets = [new RefetchRequest(RecordKind.Subscription, notification.AdamId)],
        };

    private static SeatCounts ReadSeats(JsonMembers seats) =>
        new() { Renewing = seats.Whole("renewing"), Expiring = seats.Whole("expiring") };
}

internal sealed class SubscriptionCountValidator : AbstractValidator<SubscriptionCountNotification>
{
    public SubscriptionCountValidator()
    {
        RuleFor(notification => notification.AdamId).IsAdamId();
        RuleFor(notification => notification.ParentAdamId).IsAdamId();
    }
}
