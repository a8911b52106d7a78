using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;

namespace NotificationHub.Routing.Types;

internal sealed class UserAssociatedRoute()
    : NotificationRoute<UserAssociatedNotification>(
        NotificationTypes.UserAssociated,
        EventNames.UserAssociatedNotified,
        new UserAssociatedValidator()
    )
{
    protected override UserAssociatedNotification ReadMembers(JsonMembers notification) =>
        new() { AssociatedUsers = notification.Objects("associatedUsers", NotifiedUsers.Read) };

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
