using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Events;

/// <summary>Reads the body of a message or a line of the feed as an event with the data of its type.</summary>
/// <remarks>
/// The result is a <see cref="CloudEvent{TData}"/>, such as <c>CloudEvent&lt;RecordChange&lt;AssetRecord&gt;&gt;</c> for
/// <see cref="EventNames.AssetChanged"/>. An event of an unknown type is a <c>CloudEvent&lt;JsonElement&gt;</c>.
/// </remarks>
public static class EventReader
{
    private const string ReplayProperty = "replay";

    private static readonly EventJsonContext Wire = EventJsonContext.Wire;

    private static readonly FrozenDictionary<string, JsonTypeInfo> ByName = new Dictionary<string, JsonTypeInfo>(
        StringComparer.Ordinal
    )
    {
        [EventNames.AssetCountNotified] = Wire.CloudEventNotificationEnvelopeAssetCountNotification,
        [EventNames.AssetManagementNotified] = Wire.CloudEventNotificationEnvelopeAssetManagementNotification,
        [EventNames.AssetUnlimitedNotified] = Wire.CloudEventNotificationEnvelopeJsonElement,
        [EventNames.AssetChanged] = Wire.CloudEventRecordChangeAssetRecord,
        [EventNames.AssignmentChanged] = Wire.CloudEventRecordChangeAssignmentRecord,
        [EventNames.UserManagementNotified] = Wire.CloudEventNotificationEnvelopeUserManagementNotification,
        [EventNames.UserAssociatedNotified] = Wire.CloudEventNotificationEnvelopeUserAssociatedNotification,
        [EventNames.UserChanged] = Wire.CloudEventRecordChangeUserRecord,
        [EventNames.SubscriptionCountNotified] = Wire.CloudEventNotificationEnvelopeSubscriptionCountNotification,
        [EventNames.SubscriptionManagementNotified] =
            Wire.CloudEventNotificationEnvelopeSubscriptionManagementNotification,
        [EventNames.SubscriptionChanged] = Wire.CloudEventRecordChangeSubscriptionRecord,
        [EventNames.SubscriptionAssignmentChanged] = Wire.CloudEventRecordChangeSubscriptionAssignmentRecord,
        [EventNames.NotificationTestReceived] = Wire.CloudEventNotificationEnvelopeJsonElement,
        [EventNames.NotificationUnrecognized] = Wire.CloudEventNotificationUnrecognized,
        [EventNames.LocationRegistered] = Wire.CloudEventLocationRegistered,
        [EventNames.LocationImported] = Wire.CloudEventLocationImported,
        [EventNames.HubRestored] = Wire.CloudEventHubRestored,
        [EventNames.AssetRestated] = Wire.CloudEventRecordsRestated,
        [EventNames.AssignmentRestated] = Wire.CloudEventRecordsRestated,
        [EventNames.UserRestated] = Wire.CloudEventRecordsRestated,
        [EventNames.SubscriptionRestated] = Wire.CloudEventRecordsRestated,
        [EventNames.SubscriptionAssignmentRestated] = Wire.CloudEventRecordsRestated,
        [EventNames.LocationRestated] = Wire.CloudEventLocationRestated,
        [EventNames.LocationRemoved] = Wire.CloudEventLocationRemoved,
        [EventNames.LocationRefused] = Wire.CloudEventLocationRefused,
        [EventNames.LocationUidMismatch] = Wire.CloudEventLocationUidMismatch,
        [EventNames.LocationTokenExpiring] = Wire.CloudEventLocationTokenState,
        [EventNames.LocationTokenExpired] = Wire.CloudEventLocationTokenState,
        [EventNames.LocationTokenRevoked] = Wire.CloudEventLocationTokenState,
        [EventNames.LocationTakenOver] = Wire.CloudEventLocationTakenOver,
        [EventNames.LocationSettingsChanged] = Wire.CloudEventLocationSettingsChanged,
        [EventNames.LocationSilent] = Wire.CloudEventLocationSilent,
        [EventNames.OperationCompleted] = Wire.CloudEventOperationReport,
        [EventNames.OperationFailed] = Wire.CloudEventOperationReport,
        [EventNames.OperationStalled] = Wire.CloudEventOperationReport,
        [EventNames.RefetchFailed] = Wire.CloudEventRefetchFailed,
        [EventNames.ReconcileDriftFound] = Wire.CloudEventReconcileDriftFound,
        [EventNames.ReconcileMassRemoval] = Wire.CloudEventReconcileMassRemoval,
        [EventNames.EventDeadLettered] = Wire.CloudEventEventDeadLettered,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads a line of the feed.</summary>
    /// <exception cref="JsonException">The line is not an event, or its data does not have the type's shape.</exception>
    public static CloudEvent Read(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Read(Encoding.UTF8.GetBytes(line));
    }

    /// <summary>Reads the body of a message or a line of the feed.</summary>
    /// <param name="body">JSON in UTF-8.</param>
    /// <param name="properties">The message's application properties, which name the replay of a replayed event.</param>
    /// <exception cref="JsonException">The body is not an event, or its data does not have the type's shape.</exception>
    public static CloudEvent Read(ReadOnlySpan<byte> body, IReadOnlyDictionary<string, object>? properties = null)
    {
        var read =
            (CloudEvent?)JsonSerializer.Deserialize(body, Find(FindType(body)) ?? Wire.CloudEventJsonElement)
            ?? throw new JsonException("The body is JSON null instead of an event.");
        return properties?.GetValueOrDefault(ReplayProperty) is string replay ? read with { Replay = replay } : read;
    }

    /// <summary>The contract of the whole event; null for an unknown type.</summary>
    internal static JsonTypeInfo? Find(string? type) =>
        type is not null && EventTypes.NameOf(type) is { } name ? ByName.GetValueOrDefault(name) : null;

    // The hub writes the type before the data, so this ends early.
    private static string? FindType(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType)
            {
                return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }

            reader.Skip();
        }

        return null;
    }
}
