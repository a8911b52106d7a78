using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;

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
