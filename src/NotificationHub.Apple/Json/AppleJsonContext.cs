using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>Serializes the records of this library in Apple's format and omits absent members.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Asset))]
[JsonSerializable(typeof(Assignment))]
[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(Subscription))]
[JsonSerializable(typeof(SubscriptionAssignment))]
[JsonSerializable(typeof(SubscriptionAdmin))]
[JsonSerializable(typeof(ClientConfigRequest))]
internal sealed partial class AppleJsonContext : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(ResponseTextConverter)]
)]
[JsonSerializable(typeof(ErrorResponse))]
[JsonSerializable(typeof(ClientConfig))]
[JsonSerializable(typeof(ServiceConfig))]
[JsonSerializable(typeof(EventStatus))]
[JsonSerializable(typeof(EventResponse))]
[JsonSerializable(typeof(SubscriptionAdminsChange))]
[JsonSerializable(typeof(SubscriptionManagementResponse))]
[JsonSerializable(typeof(AssetsResponse))]
[JsonSerializable(typeof(AssignmentsResponse))]
[JsonSerializable(typeof(UsersResponse))]
[JsonSerializable(typeof(SubscriptionsResponse))]
[JsonSerializable(typeof(SubscriptionAssignmentsResponse))]
[JsonSerializable(typeof(SubscriptionAdminsResponse))]
[JsonSerializable(typeof(string))]
internal sealed partial class ResponseJsonContext : JsonSerializerContext;

/// <summary>A response that is only an error.</summary>
internal sealed record ErrorResponse : AppleResponse;
