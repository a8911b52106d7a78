using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// Serializes and deserializes every event without reflection. To find out the type of an event, read it as
/// <c>CloudEvent&lt;JsonElement&gt;</c> first. Unknown members are ignored.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CloudEvent<JsonElement>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<JsonElement>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<AssetCountNotification>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<AssetManagementNotification>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<UserManagementNotification>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<UserAssociatedNotification>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<SubscriptionCountNotification>>))]
[JsonSerializable(typeof(CloudEvent<NotificationEnvelope<SubscriptionManagementNotification>>))]
[JsonSerializable(typeof(CloudEvent<RecordChange<AssetRecord>>))]
[JsonSerializable(typeof(CloudEvent<RecordChange<AssignmentRecord>>))]
[JsonSerializable(typeof(CloudEvent<RecordChange<UserRecord>>))]
[JsonSerializable(typeof(CloudEvent<RecordChange<SubscriptionRecord>>))]
[JsonSerializable(typeof(CloudEvent<RecordChange<SubscriptionAssignmentRecord>>))]
[JsonSerializable(typeof(CloudEvent<NotificationUnrecognized>))]
[JsonSerializable(typeof(CloudEvent<LocationRegistered>))]
[JsonSerializable(typeof(CloudEvent<LocationRemoved>))]
[JsonSerializable(typeof(CloudEvent<LocationRefused>))]
[JsonSerializable(typeof(CloudEvent<LocationUidMismatch>))]
[JsonSerializable(typeof(CloudEvent<LocationTokenState>))]
[JsonSerializable(typeof(CloudEvent<LocationTakenOver>))]
[JsonSerializable(typeof(CloudEvent<LocationSettingsChanged>))]
[JsonSerializable(typeof(CloudEvent<LocationSilent>))]
[JsonSerializable(typeof(CloudEvent<RefetchFailed>))]
[JsonSerializable(typeof(CloudEvent<LocationImported>))]
[JsonSerializable(typeof(CloudEvent<HubRestored>))]
[JsonSerializable(typeof(CloudEvent<RecordsRestated>))]
[JsonSerializable(typeof(CloudEvent<LocationRestated>))]
[JsonSerializable(typeof(CloudEvent<ReconcileDriftFound>))]
[JsonSerializable(typeof(CloudEvent<ReconcileMassRemoval>))]
[JsonSerializable(typeof(CloudEvent<EventDeadLettered>))]
[JsonSerializable(typeof(CloudEvent<OperationReport>))]
public sealed partial class EventJsonContext : JsonSerializerContext
{
    /// <summary>
    /// The hub's own format: escapes only what JSON requires, because a batch escapes each escape again. Not for
    /// embedding in HTML.
    /// </summary>
    public static EventJsonContext Wire { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
