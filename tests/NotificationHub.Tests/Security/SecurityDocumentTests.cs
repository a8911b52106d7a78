using System.Reflection;
using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Security;

/// <summary>Each promise in <c>docs/security.md</c> names the tests that attack it.</summary>
public sealed partial class SecurityDocumentTests
{
    private const string Heading = "| promise | attacked by |";
    private const string Rule = "| --- | --- |";

    private static readonly HashSet<string> Tests = typeof(SecurityDocumentTests)
        .Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(), (type, method) => (type, method))
        .Where(pair => pair.method.GetCustomAttributes().Any(attribute => attribute is FactAttribute))
        .Select(pair => $"{pair.type.Name}.{pair.method.Name}")
        .ToHashSet(StringComparer.Ordinal);

    private static readonly IReadOnlyList<string> Lines = File.ReadAllLines(
        Path.Combine(AppContext.BaseDirectory, "Documents", "security.md")
    );

    [Fact]
    public void Each_promise_is_attacked_by_tests_that_exist()
    {
        List<string[]> promises = [];
        var isPromise = false;
        foreach (var line in Lines)
        {
            isPromise = line.StartsWith('|') && (isPromise || line == Heading);
            if (isPromise && line != Heading && line != Rule)
            {
                promises.Add(line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
            }
        }

        promises.Count.ShouldBeGreaterThan(40);
        promises
            .Where(cells => cells.Length != 2 || !Test().IsMatch(cells[1]))
            .Select(cells => cells[0])
            .ShouldBeEmpty("promises without a test");
        promises
            .SelectMany(cells => Test().Matches(cells[^1]).Select(test => test.Groups[1].Value))
            .Where(test => !Tests.Contains(test))
            .ShouldBeEmpty("tests that do not exist");
    }

    [Fact]
    public void Each_threat_has_promises_and_says_what_remains() =>
        string.Join('\n', Lines)
            .Split("\n## ")
            .Where(section => section.Contains(Heading, StringComparison.Ordinal))
            .Where(section => !section.Contains("**Remaining.**", StringComparison.Ordinal))
            .Select(section => section.Split('\n')[0])
            .ShouldBeEmpty();

    [GeneratedRegex(@"`([A-Z]\w*\.[A-Z]\w*)`")]
    private static partial Regex Test();
}
