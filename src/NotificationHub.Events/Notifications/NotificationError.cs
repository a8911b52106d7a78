using System.Text.Json;

namespace NotificationHub.Events;

/// <summary>
/// Why a request failed; it applies to everything that the notification lists. Apple: Handling Error Responses.
/// </summary>
public sealed record NotificationError
{
    /// <summary>Apple's number of the error, such as 9709 for "not enough assets".</summary>
    public required long ErrorNumber { get; init; }

    /// <summary>Apple's text, which varies: rely on the number.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The assets, users and devices that the error is about, as sent by Apple.</summary>
    public JsonElement? ErrorInfo { get; init; }
}
