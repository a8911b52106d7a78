using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Infrastructure;
using NotificationHub.Tests.Publishing.CloudEvents;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Documents;

public sealed partial class DocumentTests
{
    private static readonly string[] SourceFiles =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(EventFiles.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(file => $"/{Path.GetRelativePath(EventFiles.Root, file).Replace('\\', '/')}"),
    ];

    [Fact]
    public void The_contract_lists_every_event()
    {
        var contract = Read("events.md");

        EveryEvent
            .Types.Where(name => !contract.Contains($"[`{name}`](events/{name}.md)", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_contract_says_for_each_subscription_whether_it_requires_sessions()
    {
        using var topics = JsonDocument.Parse(BicepFiles.Read("topics.json"));
        var declared = topics
            .RootElement.GetProperty("topics")
            .EnumerateArray()
            .SelectMany(
                topic => topic.GetProperty("subscriptions").EnumerateArray(),
                (topic, subscription) =>
                    $"| `{topic.GetProperty("name").GetString()}` | `{subscription.GetProperty("name").GetString()}` "
                    + $"| {(subscription.GetProperty("requiresSession").GetBoolean() ? "required" : "not required")} |"
            );

        Read("events.md")
            .Split('\n')
            .SkipWhile(line => line != "| topic | subscription | sessions |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .ShouldBe(declared);
    }

    [Fact]
    public void The_table_of_reads_matches_the_planner()
    {
        var rows = Read("refetch.md")
            .Split('\n')
            .SkipWhile(line => !line.StartsWith("| due |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));

        rows.ShouldBe(RefetchPlanCase.Table.Select(one => one.Row()));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("configuration.md")]
    [InlineData("events.md")]
    [InlineData("security.md")]
    public void All_documents_agree_on_access_in_Development(string document) =>
        string.Join(' ', Read(document).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))
            .ShouldContain("open to requests from this machine to `localhost`");

    [Fact]
    public void The_table_From_POST_to_message_names_files_that_exist()
    {
        var files = SourceFiles
            .Where(file => file.StartsWith("/src/NotificationHub/", StringComparison.Ordinal))
            .ToList();
        var names = Read("architecture.md")
            .Split('\n')
            .SkipWhile(line => line != "| step | files |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .SelectMany(line => line.Split('`').Where((_, index) => index % 2 == 1))
            .ToList();

        names.Where(name => !files.Any(file => file.EndsWith($"/{name}.cs", StringComparison.Ordinal))).ShouldBeEmpty();
        Read("architecture.md").ShouldContain($"these {names.Distinct(StringComparer.Ordinal).Count()} files");
    }

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/recipes.md")]
    public void Steps_name_source_files_that_exist(string document)
    {
        var paths = SourcePath()
            .Matches(File.ReadAllText(Path.Combine(EventFiles.Root, document)))
            .Select(path => path.Groups[1].Value)
            .ToList();

        paths.ShouldNotBeEmpty();
        paths.Where(path => !SourceFiles.Any(EndsWith(path).IsMatch)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/recipes.md")]
    public void Steps_filter_by_test_classes_and_folders_that_exist(string document)
    {
        var filters = Filter()
            .Matches(File.ReadAllText(Path.Combine(EventFiles.Root, document)))
            .Select(filter => filter.Groups[1].Value)
            .ToList();
        var classes = typeof(DocumentTests)
            .Assembly.GetTypes()
            .Where(type =>
                type.GetMethods()
                    .Any(method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute))
            )
            .Select(type => type.FullName!)
            .ToList();

        filters.ShouldNotBeEmpty();
        filters.Where(filter => !classes.Any(name => name.Contains(filter, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    // "…", "X" and the type that the steps add as an example stand for any name.
    private static Regex EndsWith(string path) =>
        new($"/{Placeholder().Replace(Regex.Escape(path), @"\w+")}$", RegexOptions.CultureInvariant);

    private static string Read(string document) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", document));

    [GeneratedRegex(@"`([^`\s]+\.cs)`")]
    private static partial Regex SourcePath();

    [GeneratedRegex(@"FullyQualifiedName~([\w.]+)")]
    private static partial Regex Filter();

    [GeneratedRegex(@"…|\bX(?=[A-Z])|BundleCount")]
    private static partial Regex Placeholder();
}
