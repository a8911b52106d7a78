using System.Text;
using System.Text.Unicode;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal sealed record NotificationDocument
{
    public required long Seq { get; init; }

    public required string Location { get; init; }

    public string? NotificationId { get; init; }

    public string? NotificationType { get; init; }

    public string? UId { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public required Disposition Disposition { get; init; }

    public required bool Conflict { get; init; }

    public string? Error { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    public string? Traceparent { get; init; }

    public required string BodySha256 { get; init; }

    /// <summary>The body as text; null if it is not UTF-8 text.</summary>
    public string? Body { get; init; }

    /// <summary>The body in hexadecimal if it is not UTF-8 text.</summary>
    public string? BodyHex { get; init; }

    /// <summary>Whether invite codes were removed from the body.</summary>
    public required bool InviteCodesWithheld { get; init; }

    /// <param name="raw">Whether to include invite codes, whose holder can claim the user.</param>
    public static NotificationDocument From(NotificationEntry entry, bool raw)
    {
        var body = raw ? new ShownBody(entry.Body, false) : InviteCodes.Withhold(entry.Body);
        var text = ReadText(body.Bytes);
        return new NotificationDocument
        {
            Seq = entry.Seq,
            Location = entry.LocationId,
            NotificationId = entry.NotificationId,
            NotificationType = entry.NotificationType,
            UId = entry.UId,
            ReceivedAt = entry.ReceivedAt,
            Disposition = entry.Disposition,
            Conflict = entry.Conflict,
            Error = entry.Error,
            RemoteAddress = entry.RemoteAddress,
            UserAgent = entry.UserAgent,
            Traceparent = entry.Traceparent,
            BodySha256 = Convert.ToHexStringLower(entry.BodySha256),
            Body = text,
            BodyHex = text is null ? Convert.ToHexStringLower(body.Bytes) : null,
            InviteCodesWithheld = body.Withheld,
        };
    }

    // Null if the bytes are not UTF-8, or contain control characters that text does not contain.
    private static string? ReadText(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(body);
        return text.Any(letter => char.IsControl(letter) && letter is not ('\n' or '\r' or '\t')) ? null : text;
    }
}

/// <summary>The result of rerouting one notification.</summary>
internal sealed record RerouteDocument(
    long Seq,
    RerouteResult Result,
    IReadOnlyList<string> Events,
    IReadOnlyList<string> Errors
)
{
    public static RerouteDocument From(long seq, RerouteOutcome outcome) =>
        new(seq, outcome.Result, outcome.Events, outcome.Errors);
}
