using System.Reflection;

namespace NotificationHub.Tests.Contract;

/// <summary><c>docs/events</c> is generated from the Events library, <c>topics.json</c> and recorded events.</summary>
public sealed class EventDocumentTests
{
    /// <summary>The folder to write the documents to.</summary>
    private const string Variable = "EVENT_DOCUMENTS";

    public static TheoryData<string> Documents => [.. All.Keys];

    private static Dictionary<string, Func<string>> All { get; } =
        SchemaGenerator
            .Names.Keys.ToDictionary(
                name => $"{name}.schema.json",
                name => (Func<string>)(() => SchemaGenerator.Text(SchemaGenerator.Data(name))),
                StringComparer.Ordinal
            )
            .With($"{SchemaGenerator.AnyEvent}.schema.json", () => SchemaGenerator.Text(SchemaGenerator.Event()))
            .With(AsyncApiGenerator.Document, AsyncApiGenerator.Text)
            .With(
                SchemaGenerator.Names.Keys.ToDictionary(
                    EventPageGenerator.FileOf,
                    name => (Func<string>)(() => EventPageGenerator.Text(name)),
                    StringComparer.Ordinal
                )
            );

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_is_up_to_date(string document)
    {
        var expected = All[document]();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, document), expected);
        }

        EventFiles
            .Read(document)
            .ShouldBe(
                expected,
                $"docs/events/{document} differs from the Events library. Update the folder with: "
                    + $"{Variable}=$PWD/docs/events dotnet test --filter FullyQualifiedName~{nameof(EventDocumentTests)}"
            );
    }

    [Fact]
    public void There_is_no_document_of_an_unknown_event() => EventFiles.Names.Except(All.Keys).ShouldBeEmpty();

    [Fact]
    public void Every_page_says_when_the_event_is_sent_and_how_to_apply_it() =>
        SchemaGenerator
            .Names.Keys.SelectMany(
                _ => (string[])[EventPageGenerator.Sent, EventPageGenerator.Apply],
                (name, heading) => (Page: EventPageGenerator.FileOf(name), heading)
            )
            .Where(one => EventPageGenerator.Section(EventFiles.Read(one.Page), one.heading).Length == 0)
            .ShouldBeEmpty("write these sections of docs/events by hand");
}

/// <summary>The files of <c>docs/events</c>.</summary>
internal static class EventFiles
{
    public static string Root { get; } =
        typeof(EventFiles)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "RepositoryRoot")
            .Value!;

    private static string Folder => Path.Combine(Root, "docs", "events");

    public static IEnumerable<string> Names => Directory.EnumerateFiles(Folder).Select(Path.GetFileName)!;

    public static string Read(string name)
    {
        var file = Path.Combine(Folder, name);
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }
}

file static class Dictionaries
{
    public static Dictionary<string, T> With<T>(this Dictionary<string, T> all, string key, T value)
    {
        all.Add(key, value);
        return all;
    }

    public static Dictionary<string, T> With<T>(this Dictionary<string, T> all, IReadOnlyDictionary<string, T> more)
    {
        foreach (var (key, value) in more)
        {
            all.Add(key, value);
        }

        return all;
    }
}
