using System.Globalization;

namespace NotificationHub.Apple;

internal static class SafeText
{
    private const int MaxLength = 300;

    /// <summary>Removes control and formatting characters, which could forge log lines, and cuts to 300 characters.</summary>
    public static string OneLine(string? text)
    {
        var visible = (text ?? "")
            .Where(character => !char.IsControl(character) && !IsInvisible(character))
            .Take(MaxLength + 1)
            .ToArray();
        return visible.Length > MaxLength ? string.Concat(visible.AsSpan(0, MaxLength), "…") : new string(visible);
    }

    private static bool IsInvisible(char character) =>
        char.GetUnicodeCategory(character)
            is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
