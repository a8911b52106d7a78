using System.Text.RegularExpressions;
using NotificationHub.Tests.Contract;

namespace NotificationHub.Tests.Documents;

/// <summary>The lines of text in the repository's <c>*.md</c> files, without tables and code.</summary>
public sealed partial class LineLengthTests
{
    private const int Max = 120;

    [Fact]
    public void Lines_of_text_have_at_most_120_characters()
    {
        string[] ignored =
        [
            ".git",
            .. File.ReadLines(Path.Combine(EventFiles.Root, ".gitignore"))
                .Where(line => line.EndsWith('/'))
                .Select(line => line.Trim('/')),
        ];
        var files = Find(EventFiles.Root, ignored).ToList();

        files.ShouldContain(Path.Combine(EventFiles.Root, "README.md"));
        files.SelectMany(TooLong).ShouldBeEmpty();
    }

    private static IEnumerable<string> Find(string folder, string[] ignored) =>
        Directory
            .EnumerateDirectories(folder)
            .Where(child => !ignored.Contains(Path.GetFileName(child)))
            .SelectMany(child => Find(child, ignored))
            .Concat(Directory.EnumerateFiles(folder, "*.md"));

    private static IEnumerable<string> TooLong(string file)
    {
        var isFenced = false;
        var isIndentedCode = false;
        var isAfterBlank = true;
        foreach (var (index, line) in File.ReadLines(file).Index())
        {
            var text = line.TrimStart();
            var isFence = text.StartsWith("```", StringComparison.Ordinal);
            isFenced ^= isFence;
            if (text.Length > 0)
            {
                isIndentedCode =
                    (isAfterBlank || isIndentedCode)
                    && line.StartsWith("    ", StringComparison.Ordinal)
                    && !Item().IsMatch(text);
            }

            isAfterBlank = text.Length == 0;
            if (
                line.Length > Max
                && !isFenced
                && !isFence
                && !isIndentedCode
                && !text.StartsWith('|')
                && !Unbreakable().IsMatch(Item().Replace(text, ""))
            )
            {
                yield return $"{Path.GetRelativePath(EventFiles.Root, file)}:{index + 1}";
            }
        }
    }

    [GeneratedRegex(@"^(?:[-*]|\d+\.) ")]
    private static partial Regex Item();

    [GeneratedRegex(@"^(?:\[[^\]]*\]\(\S*\)\S*|\S+)$")]
    private static partial Regex Unbreakable();
}
