using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

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
        rule.IsOneOf(RecordKeys.DefaultPricing, "PLUS");

    public static IRuleBuilderOptions<T, string?> IsUserId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsKey).WithMessage($"expected a string of 1 to {MaxKeyLength} characters");

    /// <summary>Apple's ID of the request; missing if the change was made on Apple's website.</summary>
    public static IRuleBuilderOptions<T, string?> IsEventId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null or { Length: > 0 and <= MaxEventIdLength })
            .WithMessage($"expected a string of 1 to {MaxEventIdLength} characters");

    // The length as stored: a key separator is escaped as three characters.
    public static bool IsKey(string? text) => text is { Length: > 0 } && UserKeys.Escape(text).Length <= MaxKeyLength;

    public static bool IsDigits(string text) =>
        text.Length is > 0 and <= MaxDigits && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

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
