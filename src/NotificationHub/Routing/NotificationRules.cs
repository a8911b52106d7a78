using FluentValidation;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

/// <summary>What the validators of several types have in common. Null passes where Apple may leave a member out.</summary>
internal static class NotificationRules
{
    public const string ExpectedText = "expected a string that is not empty";

    public const string Failure = "FAILURE";

    private const int MaxDigits = 19;

    // Serial numbers and user ids become keys; the eventId becomes the correlation id of a message.
    private const int MaxKeyLength = 255;
    private const int MaxEventIdLength = 128;

    /// <summary>An <c>adamId</c>: digits.</summary>
    public static IRuleBuilderOptions<T, string?> IsAdamId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null || IsDigits(id)).WithMessage("expected digits, as a string or a number");

    public static IRuleBuilderOptions<T, string?> IsOneOf<T>(
        this IRuleBuilder<T, string?> rule,
        params string[] words
    ) =>
        rule.Must(word => word is null || words.Contains(word, StringComparer.Ordinal))
            .WithMessage($"expected {string.Join(" or ", words)}");

    public static IRuleBuilderOptions<T, string?> IsResult<T>(this IRuleBuilder<T, string?> rule) =>
        rule.IsOneOf("SUCCESS", Failure);

    public static IRuleBuilderOptions<T, string?> IsPricingParam<T>(this IRuleBuilder<T, string?> rule) =>
        rule.IsOneOf(AssetKeys.Standard, "PLUS");

    public static IRuleBuilderOptions<T, string?> IsUserId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(IsKey).WithMessage($"expected a string of 1 to {MaxKeyLength} characters");

    /// <summary>Apple's id of the request; absent where somebody acted on Apple's own web site.</summary>
    public static IRuleBuilderOptions<T, string?> IsEventId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null or { Length: > 0 and <= MaxEventIdLength })
            .WithMessage($"expected a string of 1 to {MaxEventIdLength} characters");

    // As it is kept: what separates within a key is written as three characters.
    public static bool IsKey(string? text) => text is { Length: > 0 } && UserKeys.Of(text).Length <= MaxKeyLength;

    public static bool IsDigits(string text) =>
        text.Length is > 0 and <= MaxDigits && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>Reads the one error that a notification may hold. Apple: Handling Error Responses.</summary>
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
