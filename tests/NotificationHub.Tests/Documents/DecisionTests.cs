using System.Globalization;
using System.Text.RegularExpressions;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Documents;

/// <summary>The records in <c>docs/decisions</c>, and the references to them.</summary>
public sealed partial class DecisionTests
{
    private const string Prefix = "decisions/";

    private static readonly Dictionary<string, string> Decisions = typeof(DecisionTests)
        .Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name[Prefix.Length..], ReadResource, StringComparer.Ordinal);

    [Fact]
    public void Decisions_are_numbered_from_one_without_repeats() =>
        Decisions.Keys.Select(NumberOf).Order().ShouldBe(Enumerable.Range(1, Decisions.Count));

    [Fact]
    public void Each_title_has_the_number_of_its_file() =>
        Decisions
            .Where(one => !one.Value.StartsWith($"# {NumberOf(one.Key)}. ", StringComparison.Ordinal))
            .Select(one => one.Key)
            .ShouldBeEmpty();

    [Fact]
    public void Each_link_to_a_decision_resolves_and_states_its_number()
    {
        var links = Documents().SelectMany(text => Link().Matches(text)).ToList();

        links.ShouldNotBeEmpty();
        links
            .Where(link =>
                !Decisions.ContainsKey(link.Groups["file"].Value)
                || (
                    Number().Match(link.Groups["text"].Value) is { Success: true } number
                    && Parse(number.Groups[1].Value) != NumberOf(link.Groups["file"].Value)
                )
            )
            .Select(link => link.Value)
            .ShouldBeEmpty();
    }

    [Fact]
    public void Each_decision_that_a_text_refers_to_exists()
    {
        var numbers = Documents().SelectMany(text => Number().Matches(text)).Select(match => match.Groups[1].Value);

        numbers.Where(number => !Decisions.Keys.Select(NumberOf).Contains(Parse(number))).ShouldBeEmpty();
    }

    private static int NumberOf(string file) => Parse(file.Split('-')[0]);

    private static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Documents() =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Documents"), "*.md")
                .Select(File.ReadAllText),
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Bicep", "README.md")),
            RepositoryFiles.Read("CONTRIBUTING.md"),
            .. Decisions.Values,
        ];

    private static string ReadResource(string name)
    {
        using var reader = new StreamReader(typeof(DecisionTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\((?:[^)\s]*decisions/)?(?<file>\d{4}-[^)\s#]+)(?:#[^)\s]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b[Dd]ecision (\d+)\b")]
    private static partial Regex Number();
}
