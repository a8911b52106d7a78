using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Events;

namespace NotificationHub.OperationTracking;

/// <summary>What a notification lists, and whether it is done.</summary>
/// <param name="IsFailure">None of it was done.</param>
/// <param name="Error">Why not.</param>
/// <param name="Items">An item for each task.</param>
internal sealed record NotifiedTasks(bool IsFailure, NotificationError? Error, IReadOnlyList<OperationItem> Items)
{
    private const string Failure = "FAILURE";

    // What Apple leaves out stands for standard quality; both ways of writing it are one task.
    private const string Standard = "STDQ";

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a body that routing has recognized.</summary>
    /// <returns>Null where it lists nothing that can be read.</returns>
    public static NotifiedTasks? Read(string? notificationType, ReadOnlySpan<byte> body)
    {
        var json = body.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;
        var context = EventJsonContext.Default;
        try
        {
            return notificationType switch
            {
                NotificationTypes.AssetManagement => Of(
                    Parse(json, context.NotificationEnvelopeAssetManagementNotification)
                ),
                NotificationTypes.UserManagement => Of(
                    Parse(json, context.NotificationEnvelopeUserManagementNotification)
                ),
                NotificationTypes.SubscriptionManagement => Of(
                    Parse(json, context.NotificationEnvelopeSubscriptionManagementNotification)
                ),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static T? Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<NotificationEnvelope<T>> type)
        where T : class => JsonSerializer.Deserialize(json, type)?.Notification;

    private static NotifiedTasks? Of(AssetManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [
                    .. notification.Assignments.Select(assignment => new OperationItem
                    {
                        AdamId = assignment.AdamId,
                        PricingParam = assignment.PricingParam ?? Standard,
                        SerialNumber = assignment.SerialNumber,
                        ClientUserId = assignment.ClientUserId,
                    }),
                ]
            );

    private static NotifiedTasks? Of(UserManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [.. notification.Users.Select(user => new OperationItem { ClientUserId = user.ClientUserId })]
            );

    private static NotifiedTasks? Of(SubscriptionManagementNotification? notification) =>
        notification is null
            ? null
            : new NotifiedTasks(
                notification.Result == Failure,
                notification.Error,
                [
                    .. notification.Assignments.Select(assignment => new OperationItem
                    {
                        AdamId = assignment.AdamId,
                        ClientUserId = assignment.ClientUserId,
                    }),
                ]
            );
}
