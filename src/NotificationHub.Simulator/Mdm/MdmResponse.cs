using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.Mdm;

/// <summary>What the MDM does with a request that has the right secret.</summary>
/// <param name="Code">The HTTP status; null aborts the connection.</param>
/// <param name="Delay">The time until then.</param>
internal sealed record MdmResponse(int? Code, TimeSpan Delay, TimeSpan? RetryAfter = null)
{
    public static MdmResponse Accept { get; } = Status(StatusCodes.Status200OK);

    /// <summary>Aborts the connection at once.</summary>
    public static MdmResponse Abort { get; } = new(null, TimeSpan.Zero);

    /// <summary>Never responds; the connection stays open until the client closes it.</summary>
    public static MdmResponse Silence { get; } = new(null, Timeout.InfiniteTimeSpan);

    public bool IsAccepted => Code is >= 200 and < 300;

    public static MdmResponse Status(int code, TimeSpan? retryAfter = null) => new(code, TimeSpan.Zero, retryAfter);

    /// <summary>200 after a delay.</summary>
    public static MdmResponse Slow(TimeSpan delay) => Accept with { Delay = delay };
}

/// <summary>One request that the MDM received.</summary>
/// <param name="NotificationId">Null if the body has none.</param>
/// <param name="Response">What the MDM did with it.</param>
internal sealed record MdmDelivery(
    string? NotificationId,
    string? NotificationType,
    ReadOnlyMemory<byte> Body,
    string? ContentType,
    string? UserAgent,
    DateTimeOffset At,
    MdmResponse Response
)
{
    public bool IsAccepted => Response.IsAccepted;

    /// <summary>The notification with its exact body.</summary>
    public string Identity => Identify(NotificationId, Body.Span);

    public static string Identify(string? notificationId, ReadOnlySpan<byte> body) =>
        $"{notificationId} {Convert.ToHexStringLower(SHA256.HashData(body))}";
}
