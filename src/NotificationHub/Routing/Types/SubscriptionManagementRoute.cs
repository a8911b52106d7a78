using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

internal sealed class SubscriptionManagementRoute()
    : NotificationRoute<SubscriptionManagementNotification>(
        NotificationTypes.SubscriptionManagement,
        EventNames.SubscriptionManagementNotified,
        new SubscriptionManagementValidator()
    )
{
    protected override SubscriptionManagementNotification ReadMembers(JsonMembers notification) =>
        new()
        {
            Type = notification.Text("type") ?? "",
            Result = notification.Text("result") ?? "",
            EventId = notification.Text("eventId"),
            Assignments = notification.Objects("assignments", ReadAssignment),
            Error = NotificationRules.ReadError(notification),
        };

    protected override bool IsUsual(SubscriptionManagementNotification notification) =>
        notification is { Type: "ASSOCIATE" or "DISASSOCIATE", Result: "SUCCESS", Error: null }
        && NotificationRules.IsEventId(notification.EventId)
        && NotificationRules.AreUsual(
            notification.Assignments,
            assignment =>
                NotificationRules.IsDigits(assignment.AdamId) && NotificationRules.IsKey(assignment.ClientUserId)
        );

    protected override NotificationDescription Describe(SubscriptionManagementNotification notification)
    {
        List<string> adamIds = [.. notification.Assignments.Select(assignment => assignment.AdamId).Distinct()];
        var only = adamIds is [var adamId] ? adamId : null;
        return new NotificationDescription
        {
            Subject = only is null ? null : $"subscriptions/{only}",
            Action = notification.Type,
            Result = notification.Result,
            AdamId = only,
            EventId = notification.EventId,
            TaskCount = notification.Assignments.Count,
            Targets =
            [
                .. adamIds.Select(id => new RefetchRequest(
                    RecordKind.Subscription,
                    id,
                    Expects: TargetExpectations.ForResult(notification.Result)
                )),
                .. adamIds.Select(id => new RefetchRequest(
                    RecordKind.SubscriptionAssignment,
                    id,
                    Expects: GetExpectation(notification, id)
                )),
            ],
        };
    }

    // One user is enough, because they change together. Only a success states a fact.
    private static string? GetExpectation(SubscriptionManagementNotification notification, string adamId)
    {
        var user = notification.Assignments.Last(assignment => assignment.AdamId == adamId).ClientUserId;
        return notification.Result != "SUCCESS" ? null
            : notification.Type == "ASSOCIATE" ? TargetExpectations.Present(user)
            : TargetExpectations.Absent(user);
    }

    private static NotifiedSubscriptionAssignment ReadAssignment(JsonMembers assignment) =>
        new()
        {
            AdamId = assignment.Id("adamId") ?? "",
            ClientUserId = assignment.Text("clientUserId") ?? "",
            Renewing = assignment.Flag("renewing"),
        };
}

internal sealed class SubscriptionManagementValidator : AbstractValidator<SubscriptionManagementNotification>
{
    public SubscriptionManagementValidator()
    {
        RuleFor(notification => notification.Type).IsOneOf("ASSOCIATE", "DISASSOCIATE");
        RuleFor(notification => notification.Result).IsResult();
        RuleFor(notification => notification.EventId).IsEventId();
        RuleForEach(notification => notification.Assignments)
            .SetValidator(new NotifiedSubscriptionAssignmentValidator());
    }
}

internal sealed class NotifiedSubscriptionAssignmentValidator : AbstractValidator<NotifiedSubscriptionAssignment>
{
    public NotifiedSubscriptionAssignmentValidator()
    {
        RuleFor(assignment => assignment.AdamId).IsAdamId();
        RuleFor(assignment => assignment.ClientUserId).IsUserId();
    }
}
