using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.Locations.RelayTargets;

internal static class RelayTargetState
{
    public const string Running = "running";

    /// <summary>An operator stopped it: notifications are collected, but not sent.</summary>
    public const string Stopped = "stopped";

    /// <summary>The relay stage deletes it.</summary>
    public const string Removed = "removed";
}

/// <summary>A row of <c>relay_target</c>: a URL to which a location's deliveries are forwarded.</summary>
internal sealed record RelayTarget
{
    public required string TargetId { get; init; }

    public required string LocationId { get; init; }

    public required string Url { get; init; }

    /// <summary>The encrypted secret; null to send no Authorization header.</summary>
    public byte[]? Secret { get; init; }

    /// <summary>Only notifications after this <c>seq</c> are forwarded.</summary>
    public required long FromSeq { get; init; }

    public required string State { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastDeliveredAt { get; init; }

    /// <summary>Since when every attempt has failed; null if the last one succeeded.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    public string? Failure { get; init; }

    public int? LastStatus { get; init; }

    public Uri Uri => new(Url);

    public string Address => RelayUrl.Describe(Uri);
}

internal static class RelayUrl
{
    private const int MaxLength = 2_000;

    /// <param name="allowsLoopback">Whether a loopback address may use http.</param>
    public static bool TryParse(
        string? text,
        bool allowsLoopback,
        [NotNullWhen(true)] out Uri? url,
        [NotNullWhen(false)] out string? error
    )
    {
        url = Uri.TryCreate(text, UriKind.Absolute, out var parsed) ? parsed : null;
        error =
            url is null || text!.Length > MaxLength ? "must be an absolute URL, such as https://mdm.example.com/notify"
            : url.Scheme != Uri.UriSchemeHttps && !(allowsLoopback && url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)
                ? "must be https"
            : url is not { UserInfo: "", Fragment: "" } ? "must have no user and no fragment"
            : null;
        return error is null;
    }

    public static bool AreEqual(string? text, Uri url) =>
        Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed == url;

    /// <summary>The URL without its query, which may contain a secret.</summary>
    public static string Describe(Uri url) => url.GetLeftPart(UriPartial.Path);
}

/// <summary>The secret that a relay target expects. It is stored encrypted.</summary>
internal sealed class RelaySecret
{
    private const int MaxLength = 4_096;

    private readonly string text;

    private RelaySecret(string text) => this.text = text;

    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out RelaySecret? secret,
        [NotNullWhen(false)] out string? error
    )
    {
        var trimmed = text?.Trim() ?? "";
        var isValid = trimmed.Length is > 0 and <= MaxLength && trimmed.All(character => character is > ' ' and <= '~');
        secret = isValid ? new RelaySecret(trimmed) : null;
        error = isValid ? null : $"must be 1 to {MaxLength} printable ASCII characters without spaces";
        return isValid;
    }

    public string Reveal() => text;

    public override string ToString() => nameof(RelaySecret);
}
