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
public sealed partial class AppleJsonContext : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(AnswerTextConverter)]
)]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(ClientConfig))]
[JsonSerializable(typeof(ServiceConfig))]
[JsonSerializable(typeof(EventStatus))]
[JsonSerializable(typeof(AssetsAnswer))]
[JsonSerializable(typeof(AssignmentsAnswer))]
[JsonSerializable(typeof(UsersAnswer))]
[JsonSerializable(typeof(SubscriptionsAnswer))]
[JsonSerializable(typeof(SubscriptionAssignmentsAnswer))]
[JsonSerializable(typeof(SubscriptionAdminsAnswer))]
[JsonSerializable(typeof(string))]
internal sealed partial class AnswerJsonContext : JsonSerializerContext;

/// <summary>A response that is only an error.</summary>
internal sealed record ErrorAnswer : AppleAnswer;
