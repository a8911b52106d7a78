using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing.Types;

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

    public static string? Subject(IReadOnlyList<NotifiedUser> users) =>
        users is [var only] ? UserKeys.Subject(only.ClientUserId) : null;

    public static IReadOnlyList<RefetchRequest> Targets(IReadOnlyList<NotifiedUser> users, string? expects) =>
        [.. users.Select(user => new RefetchRequest(RecordKind.User, user.ClientUserId, Expects: expects)).Distinct()];
}

internal sealed class NotifiedUserValidator : AbstractValidator<NotifiedUser>
{
    public NotifiedUserValidator() => RuleFor(user => user.ClientUserId).IsUserId();
}
