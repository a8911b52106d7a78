using System.Text;
using System.Text.Unicode;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <param name="Body">The body as text; null if it is not UTF-8 text.</param>
/// <param name="BodyHex">The body in hexadecimal if it is not UTF-8 text.</param>
/// <param name="InviteCodesWithheld">Whether invite codes were removed from the body.</param>
internal sealed record NotificationDocument(
    long Seq,
    string Location,
    string? NotificationId,
    string? NotificationType,
    string? UId,
    DateTimeOffset ReceivedAt,
    Disposition Disposition,
    bool Conflict,
    string? Error,
    string? RemoteAddress,
    string? UserAgent,
    string? Traceparent,
    string BodySha256,
    string? Body,
    string? BodyHex,
    bool InviteCodesWithheld
)
{
    /// <param name="raw">Whether to include invite codes, whose holder can claim the user.</param>
    public static NotificationDocument From(NotificationEntry entry, bool raw)
    {
        var body = raw ? new ShownBody(entry.Body, false) : InviteCodes.Withhold(entry.Body);
        var text = ReadText(body.Bytes);
        return new NotificationDocument(
            Seq: entry.Seq,
            Location: entry.LocationId,
            NotificationId: entry.NotificationId,
            NotificationType: entry.NotificationType,
            UId: entry.UId,
            ReceivedAt: entry.ReceivedAt,
            Disposition: entry.Disposition,
            Conflict: entry.Conflict,
            Error: entry.Error,
            RemoteAddress: entry.RemoteAddress,
            UserAgent: entry.UserAgent,
            Traceparent: entry.Traceparent,
            BodySha256: Convert.ToHexStringLower(entry.BodySha256),
            Body: text,
            BodyHex: text is null ? Convert.ToHexStringLower(body.Bytes) : null,
            InviteCodesWithheld: body.Withheld
        );
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
