using System.Text;
using System.Text.Unicode;

namespace NotificationHub.CommandLine;

internal static class BodyText
{
    /// <summary>The text of a body; null where the bytes are no UTF-8, or hold what no text holds.</summary>
    public static string? Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(body);
        return text.Any(letter => char.IsControl(letter) && letter is not ('\n' or '\r' or '\t')) ? null : text;
    }
}
