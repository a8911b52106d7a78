using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

// Failures are read again, too, because an operation can fail in part.
internal sealed class AssetManagementRoute()
    : NotificationRoute<AssetManagementNotification>(
        NotificationTypes.AssetManagement,
        EventNames.AssetManagementNotified,
        new AssetManagementValidator()
    )
{
    protected override AssetManagementNotification ReadMembers(JsonMembers notification) =>
        new()
        {
            Type = notification.Text("type") ?? "",
            Result = notification.Text("result") ?? "",
            EventId = notification.Text("eventId"),
            Assignments = notification.Objects("assignments", ReadAssignment),
            Error = NotificationRules.ReadError(notification),
        };

    protected override bool IsUsual(AssetManagementNotification notification) =>
        notification is { Type: "ASSOCIATE" or "DISASSOCIATE" or "REVOKE", Result: "SUCCESS", Error: null }
        && NotificationRules.IsEventId(notification.EventId)
        && NotificationRules.AreUsual(
            notification.Assignments,
            assignment =>
                NotificationRules.IsDigits(assignment.AdamId)
                && NotificationRules.IsPricing(assignment.PricingParam)
                && NotifiedAssignmentValidator.IsOneHolder(assignment.SerialNumber, assignment.ClientUserId)
        );

    protected override NotificationDescription Describe(AssetManagementNotification notification)
    {
        // One notification can list several assets, devices and users mixed.
        var holdersByAsset = notification
            .Assignments.GroupBy(
                assignment => RecordKeys.Asset(assignment.AdamId, assignment.PricingParam),
                GetHolder,
                StringComparer.Ordinal
            )
            .ToList();
        var adamIds = notification.Assignments.Select(assignment => assignment.AdamId).Distinct().Take(2).ToList();
        return new NotificationDescription
        {
            Subject = holdersByAsset is [var only] ? $"{RecordKind.Asset.SubjectPrefix}/{only.Key}" : null,
            Action = notification.Type,
            Result = notification.Result,
            AdamId = adamIds is [var adamId] ? adamId : null,
            EventId = notification.EventId,
            TaskCount = notification.Assignments.Count,
            Targets = [.. holdersByAsset.SelectMany(asset => GetTargets(asset.Key, asset, notification))],
        };
    }

    // Only a success states a fact: a failure need not have changed anything.
    private static Func<string, string?> GetExpectation(AssetManagementNotification notification) =>
        notification.Result != "SUCCESS" ? _ => null
        : notification.Type == "ASSOCIATE" ? TargetExpectations.Present
        : TargetExpectations.Absent;

    private static IEnumerable<RefetchRequest> GetTargets(
        string key,
        IEnumerable<string> holders,
        AssetManagementNotification notification
    )
    {
        var expectation = GetExpectation(notification);
        List<string> distinct = [.. holders.Distinct(StringComparer.Ordinal)];
        var asset = new RefetchRequest(
            RecordKind.Asset,
            key,
            Expects: TargetExpectations.ForResult(notification.Result)
        );
        return distinct.Count > RefetchTargets.MaxHolders
            ? [asset, new RefetchRequest(RecordKind.Assignment, key, Expects: expectation(distinct[^1]))]
            :
            [
                asset,
                .. distinct.Select(holder => new RefetchRequest(
                    RecordKind.Assignment,
                    key,
                    holder,
                    expectation(holder)
                )),
            ];
    }

    private static string GetHolder(NotifiedAssignment assignment) =>
        assignment.SerialNumber is { } serial ? $"serial:{serial}" : $"user:{assignment.ClientUserId}";

    private static NotifiedAssignment ReadAssignment(JsonMembers assignment) =>
        new()
        {
            AdamId = assignment.Id("adamId") ?? "",
            PricingParam = assignment.Text("pricingParam"),
            SerialNumber = assignment.Text("serialNumber"),
            ClientUserId = assignment.Text("clientUserId"),
        };
}

internal sealed class AssetManagementValidator : AbstractValidator<AssetManagementNotification>
{
    public AssetManagementValidator()
    {
        RuleFor(notification => notification.Type).IsOneOf("ASSOCIATE", "DISASSOCIATE", "REVOKE");
        RuleFor(notification => notification.Result).IsResult();
        RuleFor(notification => notification.EventId).IsEventId();
        RuleForEach(notification => notification.Assignments).SetValidator(new NotifiedAssignmentValidator());
    }
}

internal sealed class NotifiedAssignmentValidator : AbstractValidator<NotifiedAssignment>
{
    public NotifiedAssignmentValidator()
    {
        RuleFor(assignment => assignment.AdamId).IsAdamId();
        RuleFor(assignment => assignment.PricingParam).IsPricingParam();
        RuleFor(assignment => assignment.SerialNumber)
            .Must((assignment, serial) => IsOneHolder(serial, assignment.ClientUserId))
            .WithMessage("expected either a serialNumber or a clientUserId, of 1 to 255 characters");
    }

    public static bool IsOneHolder(string? serialNumber, string? clientUserId) =>
        (NotificationRules.IsKey(serialNumber) && clientUserId is null)
        || (NotificationRules.IsKey(clientUserId) && serialNumber is null);
}
