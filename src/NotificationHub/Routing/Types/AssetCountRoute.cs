using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

internal sealed class AssetCountRoute()
    : NotificationRoute<AssetCountNotification>(
        NotificationTypes.AssetCount,
        EventNames.AssetCountNotified,
        new AssetCountValidator()
    )
{
    protected override AssetCountNotification ReadMembers(JsonMembers notification) =>
        new()
        {
            AdamId = notification.Id("adamId") ?? "",
            PricingParam = notification.Text("pricingParam"),
            CountDelta = notification.Whole("countDelta"),
        };

    protected override bool IsUsual(AssetCountNotification notification) =>
        NotificationRules.IsDigits(notification.AdamId) && NotificationRules.IsPricing(notification.PricingParam);

    protected override NotificationDescription Describe(AssetCountNotification notification)
    {
        var key = RecordKeys.Asset(notification.AdamId, notification.PricingParam);
        return new NotificationDescription
        {
            Subject = $"{RecordKind.Asset.SubjectPrefix}/{key}",
            AdamId = notification.AdamId,
            Targets =
            [
                new RefetchRequest(
                    RecordKind.Asset,
                    key,
                    Expects: notification.CountDelta == 0 ? null : TargetExpectations.Changed
                ),
            ],
        };
    }
}

internal sealed class AssetCountValidator : AbstractValidator<AssetCountNotification>
{
    public AssetCountValidator()
    {
        RuleFor(notification => notification.AdamId).IsAdamId();
        RuleFor(notification => notification.PricingParam).IsPricingParam();
    }
}
