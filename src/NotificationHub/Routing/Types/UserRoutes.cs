using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

internal sealed class UserManagementRoute()
    : NotificationRoute<UserManagementNotification>(
        NotificationTypes.UserManagement,
        EventNames.UserManagementNotified,
        new UserManagementValidator()
    )
{
    protected override UserManagementNotification ReadMembers(JsonMembers notification) =>
        new()
        {
            Type = notification.Text("type") ?? "",
            Result = notification.Text("result") ?? "",
            EventId = notification.Text("eventId"),
            Users = notification.Objects("users", NotifiedUsers.Read),
            Error = NotificationRules.ReadError(notification),
        };

    protected override bool IsUsual(UserManagementNotification notification) =>
        notification is { Type: "CREATE" or "UPDATE" or "RETIRE", Result: "SUCCESS", Error: null }
        && NotificationRules.IsEventId(notification.EventId)
        && NotifiedUsers.AreUsual(notification.Users);

    protected override NotificationDescription Describe(UserManagementNotification notification) =>
        new()
        {
            Subject = NotifiedUsers.Subject(notification.Users),
            Action = notification.Type,
            Result = notification.Result,
            EventId = notification.EventId,
            TaskCount = notification.Users.Count,
            Targets = NotifiedUsers.Targets(
                notification.Users,
                notification.Result != "SUCCESS" ? null
                    : notification.Type == "RETIRE" ? TargetExpectations.Absent()
                    : TargetExpectations.Present()
            ),
        };
}

internal sealed class UserManagementValidator : AbstractValidator<UserManagementNotification>
{
    public UserManagementValidator()
    {
        RuleFor(notification => notification.Type).IsOneOf("CREATE", "UPDATE", "RETIRE");
        RuleFor(notification => notification.Result).IsResult();
        RuleFor(notification => notification.EventId).IsEventId();
        RuleForEach(notification => notification.Users).SetValidator(new NotifiedUserValidator());
    }
}

internal sealed class UserAssociatedRoute()
    : NotificationRoute<UserAssociatedNotification>(
        NotificationTypes.UserAssociated,
        EventNames.UserAssociatedNotified,
        new UserAssociatedValidator()
    )
{
    protected override UserAssociatedNotification ReadMembers(JsonMembers notification) =>
        new() { AssociatedUsers = notification.Objects("associatedUsers", NotifiedUsers.Read) };

    protected override bool IsUsual(UserAssociatedNotification notification) =>
        NotifiedUsers.AreUsual(notification.AssociatedUsers);

    protected override NotificationDescription Describe(UserAssociatedNotification notification) =>
        new()
        {
            Subject = NotifiedUsers.Subject(notification.AssociatedUsers),
            Targets = NotifiedUsers.Targets(notification.AssociatedUsers, TargetExpectations.Present()),
        };
}

internal sealed class UserAssociatedValidator : AbstractValidator<UserAssociatedNotification>
{
    public UserAssociatedValidator() =>
        RuleForEach(notification => notification.AssociatedUsers).SetValidator(new NotifiedUserValidator());
}

internal static class NotifiedUsers
{
    public static NotifiedUser Read(JsonMembers user) =>
        new()
        {
            ClientUserId = user.Text("clientUserId") ?? "",
            Email = user.Text("email"),
            IdHash = user.Text("idHash"),
            Status = user.Text("status"),
        };

    public static bool AreUsual(IReadOnlyList<NotifiedUser>? users) =>
        NotificationRules.AreUsual(users, user => NotificationRules.IsKey(user.ClientUserId));

    public static string? Subject(IReadOnlyList<NotifiedUser> users) =>
        users is [var only] ? UserKeys.Subject(only.ClientUserId) : null;

    public static IReadOnlyList<RefetchRequest> Targets(IReadOnlyList<NotifiedUser> users, string? expects) =>
        [.. users.Select(user => new RefetchRequest(RecordKind.User, user.ClientUserId, Expects: expects)).Distinct()];
}

internal sealed class NotifiedUserValidator : AbstractValidator<NotifiedUser>
{
    public NotifiedUserValidator() => RuleFor(user => user.ClientUserId).IsUserId();
}
