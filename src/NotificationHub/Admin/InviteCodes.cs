using System.Buffers;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Admin;

internal readonly record struct ShownBody(byte[] Bytes, bool Withheld);

/// <summary>Removes invite codes, whose holder can claim the user.</summary>
internal static class InviteCodes
{
    private static ReadOnlySpan<byte> Placeholder => "\"(withheld)\""u8;

    public static ShownBody Withhold(byte[] body)
    {
        try
        {
            return WithholdMembers(body);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Without JSON, the beginning and end of a code are unknown.
            var mentioned = Encoding.Latin1.GetString(body).Contains("inviteCode", StringComparison.OrdinalIgnoreCase);
            return mentioned ? new ShownBody([.. Placeholder], true) : new ShownBody(body, false);
        }
    }

    private static ShownBody WithholdMembers(byte[] body)
    {
        var shown = new ArrayBufferWriter<byte>(body.Length);
        var reader = new Utf8JsonReader(body);
        var copied = 0;
        var withheld = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("inviteCode"u8))
            {
                continue;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            shown.Write(body.AsSpan(copied, (int)reader.TokenStartIndex - copied));
            shown.Write(Placeholder);
            reader.Skip();
            copied = (int)reader.BytesConsumed;
            withheld = true;
        }

        shown.Write(body.AsSpan(copied));
        return new ShownBody(shown.WrittenSpan.ToArray(), withheld);
    }
}
