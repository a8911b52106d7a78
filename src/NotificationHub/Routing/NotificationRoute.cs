using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing.Types;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

/// <summary>The known notification types. A new type needs a class in <c>Types/</c>, a line here, and payloads for the tests.</summary>
internal static class NotificationRoutes
{
    public static IReadOnlyList<NotificationRoute> All { get; } =
    [
        new UnpublishedRoute(NotificationTypes.TestNotification, EventNames.NotificationTestReceived),
        new AssetCountRoute(),
        new AssetManagementRoute(),
        new UnpublishedRoute(NotificationTypes.UnlimitedAsset, EventNames.AssetUnlimitedNotified),
        new UserManagementRoute(),
        new UserAssociatedRoute(),
        new SubscriptionCountRoute(),
        new SubscriptionManagementRoute(),
    ];
}

/// <summary>How notifications of one type become events and refetch targets.</summary>
internal abstract class NotificationRoute(string type, string eventName)
{
    public string Type => type;

    public string EventName => eventName;

    /// <summary>Reads a body that has exactly the documented members, in one pass.</summary>
    /// <returns>The same as <see cref="Read"/>; null if the body deviates, even if it is valid.</returns>
    public virtual NotificationDescription? ReadUsual(ReadOnlySpan<byte> body) => null;

    /// <summary>Reads the envelope's <c>notification</c>. Ignore the result if an error was added.</summary>
    public abstract NotificationDescription Read(JsonMembers envelope, RoutingErrors errors);
}

/// <summary>How the usual notification is read: any deviation is an exception, also an additional member.</summary>
// A skipped member could be repeated, which only the thorough reader notices.
internal static class UsualNotifications
{
    // Not the generated context: for members that are only initialized, its code takes half as long again.
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    public static JsonTypeInfo<NotificationEnvelope<T>> GetJsonType<T>() =>
        (JsonTypeInfo<NotificationEnvelope<T>>)Strict.GetTypeInfo(typeof(NotificationEnvelope<T>));
}

/// <summary>A type with a payload that Apple documents.</summary>
internal abstract class NotificationRoute<TNotification>(
    string type,
    string eventName,
    IValidator<TNotification> validator
) : NotificationRoute(type, eventName)
{
    private const string Path = "notification";

    private static readonly JsonTypeInfo<NotificationEnvelope<TNotification>> JsonType =
        UsualNotifications.GetJsonType<TNotification>();

    public sealed override NotificationDescription? ReadUsual(ReadOnlySpan<byte> body)
    {
        try
        {
            return
                Utf8.IsValid(body)
                // The contract omits this documented member. Without an exception, the thorough reader is faster.
                && body.IndexOf("inviteCode"u8) < 0
                && JsonSerializer.Deserialize(body, JsonType)
                    is { NotificationId.Length: > 0, Notification: { } notification } envelope
                && envelope.NotificationType == Type
                && IsUsual(notification)
                ? Describe(notification)
                : null;
        }
        // InvalidOperationException: a name with an escape that is an unpaired surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public sealed override NotificationDescription Read(JsonMembers envelope, RoutingErrors errors)
    {
        var notification = ReadMembers(envelope.Object(Path));
        foreach (var failure in validator.Validate(notification).Errors)
        {
            errors.Add($"{Path}.{ToAppleName(failure.PropertyName)}", failure.ErrorMessage);
        }

        return errors.Any ? new NotificationDescription() : Describe(notification);
    }

    /// <summary>Reads the members. Missing ones stay empty: the validator reports them.</summary>
    protected abstract TNotification ReadMembers(JsonMembers notification);

    /// <summary>Whether the validator certainly finds no error. Members that JSON requires can still be null.</summary>
    // The validator takes several times as long as all the rest of routing.
    protected abstract bool IsUsual(TNotification notification);

    protected abstract NotificationDescription Describe(TNotification notification);

    // Assignments[0].AdamId → assignments[0].adamId
    private static string ToAppleName(string property) =>
        string.Join('.', property.Split('.').Select(part => char.ToLowerInvariant(part[0]) + part[1..]));
}

/// <summary>The members of a notification that consumers can filter by, and the records to read again.</summary>
internal sealed record NotificationDescription
{
    public string? Subject { get; init; }

    /// <summary>Apple's <c>type</c> within the notification, such as <c>ASSOCIATE</c>.</summary>
    public string? Action { get; init; }

    public string? Result { get; init; }

    /// <summary>The asset or subscription, if there is exactly one.</summary>
    public string? AdamId { get; init; }

    public string? EventId { get; init; }

    /// <summary>The number of the operation's tasks that the notification lists.</summary>
    public int TaskCount { get; init; }

    public IReadOnlyList<RefetchRequest> Targets { get; init; } = [];
}

/// <param name="Expects">What the notification says about the record; see <see cref="TargetExpectations"/>.</param>
internal readonly record struct RefetchRequest(
    RecordKind Kind,
    string Key,
    string? Holder = null,
    string? Expects = null
);

/// <summary>A type with a payload that is empty or that Apple does not document. Records that it names are read.</summary>
internal sealed class UnpublishedRoute(string type, string eventName) : NotificationRoute(type, eventName)
{
    public override NotificationDescription Read(JsonMembers envelope, RoutingErrors errors)
    {
        envelope.OptionalObject("notification");
        return new NotificationDescription
        {
            Targets = envelope.Any("notification") is { } notification ? NamedRecords.Find(Type, notification) : [],
        };
    }
}

// Null is valid if Apple may omit the member.
internal static class NotificationRules
{
    public const string ExpectedText = "expected a string that is not empty";

    public const string Failure = "FAILURE";

    private const int MaxDigits = 19;

    // Serial numbers and user IDs become keys; the eventId becomes the CorrelationId of a message.
    private const int MaxKeyLength = 255;
    private const int MaxEventIdLength = 128;

    public static IRuleBuilderOptions<T, string?> IsAdamId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null || IsDigits(id)).WithMessage("expected digits, as a string or a number");

    public static IRuleBuilderOptions<T, string?> IsOneOf<T>(
        this IRuleBuilder<T, string?> rule,
        params string[] values
    ) =>
        rule.Must(value => value is null || values.Contains(value, StringComparer.Ordinal))
            .WithMessage($"expected {string.Join(" or ", values)}");

    public static IRuleBuilderOptions<T, string?> IsResult<T>(this IRuleBuilder<T, string?> rule) =>
        rule.IsOneOf("SUCCESS", Failure);

    public static IRuleBuilderOptions<T, string?> IsPricingParam<T>(this IRuleBuilder<T, string?> rule) =>
        rule.IsOneOf(RecordKeys.DefaultPricing, RecordKeys.PlusPricing);

    public static IRuleBuilderOptions<T, string?> IsUserId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsKey).WithMessage($"expected a string of 1 to {MaxKeyLength} characters");

    /// <summary>Apple's ID of the request; missing if the change was made on Apple's website.</summary>
    public static IRuleBuilderOptions<T, string?> IsEventId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsEventId).WithMessage($"expected a string of 1 to {MaxEventIdLength} characters");

    // The length as stored: a key separator is escaped as three characters.
    public static bool IsKey(string? text) => text is { Length: > 0 } && UserKeys.Escape(text).Length <= MaxKeyLength;

    public static bool IsDigits(string? text) =>
        text is { Length: > 0 and <= MaxDigits } && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    public static bool IsPricing(string? text) => text is null or RecordKeys.DefaultPricing or RecordKeys.PlusPricing;

    public static bool IsEventId(string? text) => text is null or { Length: > 0 and <= MaxEventIdLength };

    /// <summary>Whether the list has a usual length, and all its elements are usual.</summary>
    public static bool AreUsual<T>(IReadOnlyList<T>? elements, Predicate<T> isUsual)
        where T : class
    {
        if (elements is not { Count: <= JsonMembers.MaxElements })
        {
            return false;
        }

        for (var index = 0; index < elements.Count; index++)
        {
            if (elements[index] is not { } element || !isUsual(element))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads the optional error. Apple: Handling Error Responses.</summary>
    public static NotificationError? ReadError(JsonMembers notification) =>
        notification.OptionalObject("error") is { } error
            ? new NotificationError
            {
                ErrorNumber = error.Whole("errorNumber"),
                ErrorMessage = error.Text("errorMessage"),
                ErrorInfo = error.Any("errorInfo"),
            }
            : null;
}
