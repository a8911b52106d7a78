using System.Reflection;
using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Security;

/// <summary>Each promise in <c>docs/security.md</c> names the tests that attack it.</summary>
public sealed partial class SecurityDocumentTests
{
    private const string Heading = "**Promises.**";
    private const string TestsItem = "\n  - Tests: ";

    private static readonly HashSet<string> Tests = typeof(SecurityDocumentTests)
        .Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(), (type, method) => (type, method))
        .Where(pair => pair.method.GetCustomAttributes().Any(attribute => attribute is FactAttribute))
        .Select(pair => $"{pair.type.Name}.{pair.method.Name}")
        .ToHashSet(StringComparer.Ordinal);

    private static readonly string[] Sections = File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "Documents", "security.md")
        )
        .Split("\n## ");

    [Fact]
    public void Each_promise_is_attacked_by_tests_that_exist()
    {
        var promises = Sections.SelectMany(Promises).Select(promise => promise.Split(TestsItem)).ToList();

        promises.Count.ShouldBeGreaterThan(40);
        promises
            .Where(parts => parts.Length != 2 || !TestList().IsMatch(parts[1]))
            .Select(parts => parts[0])
            .ShouldBeEmpty("promises without a list of tests");
        promises
            .SelectMany(parts => Test().Matches(parts[^1]).Select(test => test.Groups[1].Value))
            .Where(test => !Tests.Contains(test))
            .ShouldBeEmpty("tests that do not exist");
    }

    [Fact]
    public void Each_threat_has_promises_and_says_what_remains() =>
        Sections
            .Select(section =>
                (
                    Name: section.Split('\n')[0],
                    HasHeading: section.Contains(Heading, StringComparison.Ordinal),
                    HasPromises: Promises(section).Any(),
                    SaysWhatRemains: section.Contains("**Remaining.**", StringComparison.Ordinal)
                )
            )
            .Where(section => section.HasHeading || section.SaysWhatRemains)
            .Where(section => !section.HasPromises || !section.SaysWhatRemains)
            .Select(section => section.Name)
            .ShouldBeEmpty();

    /// <summary>The items of the list between the heading and the next one.</summary>
    private static IEnumerable<string> Promises(string section) =>
        section.Split($"\n{Heading}\n") is [_, var promises]
            ? promises.Split("\n**")[0].Split("\n- ").Skip(1).Select(item => item.TrimEnd())
            : [];

    [GeneratedRegex(@"^`[A-Z]\w*\.[A-Z]\w*`(?:,\s+`[A-Z]\w*\.[A-Z]\w*`)*$")]
    private static partial Regex TestList();

    [GeneratedRegex(@"`([A-Z]\w*\.[A-Z]\w*)`")]
    private static partial Regex Test();
}
