using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace NotificationHub.Tests.Secrecy;

/// <summary>Finds a secret or personal data in any usual encoding.</summary>
internal sealed class MarkedSecret
{
    public MarkedSecret(string name, string text)
    {
        text.Length.ShouldBeGreaterThanOrEqualTo(8, $"{name} is too short: a match could be coincidence");
        Name = name;
        Forms = [.. FormsOf(text).Distinct(StringComparer.Ordinal)];
    }

    public string Name { get; }

    public IReadOnlyList<string> Forms { get; }

    /// <param name="text">Text, or binary data decoded as Latin-1.</param>
    public bool IsIn(string text) => Forms.Any(form => text.Contains(form, StringComparison.Ordinal));

    private static IEnumerable<string> FormsOf(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        yield return text;
        yield return JavaScriptEncoder.Default.Encode(text);
        yield return WebUtility.HtmlEncode(text);
        yield return Uri.EscapeDataString(text);
        yield return Uri.EscapeDataString(text).ToLowerInvariant();
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        yield return BitConverter.ToString(bytes);
        yield return Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(text));
        foreach (var offset in Enumerable.Range(0, 3))
        {
            var base64 = Base64Within(bytes, offset);
            yield return base64;
            yield return base64.Replace('+', '-').Replace('/', '_');
        }
    }

    /// <summary>The part of the base64 encoding that does not depend on the bytes before and after the secret.</summary>
    private static string Base64Within(byte[] bytes, int offset)
    {
        var all = Convert.ToBase64String([.. new byte[offset], .. bytes]).TrimEnd('=');
        var whole = (offset + bytes.Length) % 3 == 0 ? all : all[..^1];
        return whole[(offset == 0 ? 0 : offset + 1)..];
    }
}
