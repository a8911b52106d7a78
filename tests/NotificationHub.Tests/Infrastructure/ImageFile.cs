using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The Dockerfile's instructions; the last stage becomes the image.</summary>
internal static class ImageFile
{
    public static IReadOnlyList<(string Word, string Text)> All { get; } = Parse();

    public static IReadOnlyList<(string Word, string Text)> Final { get; } =
    [.. All.Skip(All.ToList().FindLastIndex(instruction => instruction.Word == "FROM"))];

    public static IEnumerable<string> Bases => Texts(All, "FROM").Select(text => text.Split(' ').First(IsName));

    public static string One(string word) => Texts(Final, word).ShouldHaveSingleItem();

    public static IReadOnlyDictionary<string, string> Environment { get; } = ReadEnvironment();

    /// <summary>The words of an instruction in list form, which requires no shell.</summary>
    public static string[] List(string text) =>
        JsonSerializer.Deserialize<string[]>(text[text.IndexOf('[', StringComparison.Ordinal)..])!;

    private static bool IsName(string word) => !word.StartsWith("--", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(IEnumerable<(string Word, string Text)> instructions, string word) =>
        instructions.Where(instruction => instruction.Word == word).Select(instruction => instruction.Text);

    private static Dictionary<string, string> ReadEnvironment() =>
        System
            .Text.RegularExpressions.Regex.Matches(One("ENV"), "(\\w+)=(\"[^\"]*\"|\\S+)")
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('"'));

    private static IReadOnlyList<(string Word, string Text)> Parse() =>
        [
            .. RepositoryFiles
                .Read("Dockerfile")
                .Replace("\\\n", " ", StringComparison.Ordinal)
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(line => !line.StartsWith('#'))
                .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
                .Select(parts => (parts[0], parts[1])),
        ];
}
