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
        var holdersByAsset = new OrderedDictionary<string, List<string>>(StringComparer.Ordinal);
        var adamId = notification.Assignments.Count == 0 ? null : notification.Assignments[0].AdamId;
        foreach (var assignment in notification.Assignments)
        {
            var key = RecordKeys.Asset(assignment.AdamId, assignment.PricingParam);
            if (!holdersByAsset.TryGetValue(key, out var holders))
            {
                holdersByAsset.Add(key, holders = []);
            }

            var holder = GetHolder(assignment);
            // The lists are short: Apple sends at most 100 assignments.
            if (!holders.Contains(holder))
            {
                holders.Add(holder);
            }

            adamId = assignment.AdamId == adamId ? adamId : null;
        }

        return new NotificationDescription
        {
            Subject =
                holdersByAsset.Count == 1 ? $"{RecordKind.Asset.SubjectPrefix}/{holdersByAsset.GetAt(0).Key}" : null,
            Action = notification.Type,
            Result = notification.Result,
            AdamId = adamId,
            EventId = notification.EventId,
            TaskCount = notification.Assignments.Count,
            Targets = GetTargets(holdersByAsset, notification),
        };
    }

    private static List<RefetchRequest> GetTargets(
        OrderedDictionary<string, List<string>> holdersByAsset,
        AssetManagementNotification notification
    )
    {
        var changed = TargetExpectations.ForResult(notification.Result);
        var targets = new List<RefetchRequest>(holdersByAsset.Count + notification.Assignments.Count);
        foreach (var (key, holders) in holdersByAsset)
        {
            targets.Add(new RefetchRequest(RecordKind.Asset, key, Expects: changed));
            if (holders.Count > RefetchTargets.MaxHolders)
            {
                targets.Add(
                    new RefetchRequest(RecordKind.Assignment, key, Expects: GetExpectation(notification, holders[^1]))
                );
                continue;
            }

            foreach (var holder in holders)
            {
                targets.Add(
                    new RefetchRequest(RecordKind.Assignment, key, holder, GetExpectation(notification, holder))
                );
            }
        }

        return targets;
    }

    // Only a success states a fact: a failure need not have changed anything.
    private static string? GetExpectation(AssetManagementNotification notification, string holder) =>
        notification.Result != "SUCCESS" ? null
        : notification.Type == "ASSOCIATE" ? TargetExpectations.Present(holder)
        : TargetExpectations.Absent(holder);

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
