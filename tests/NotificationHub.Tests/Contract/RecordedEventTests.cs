using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

/// <summary>
/// The rules by which a released type may change, held against events that a hub published. Never change or delete a
/// recorded event: if a test fails, the change of the contract needs a new type.
/// </summary>
public sealed class RecordedEventTests
{
    /// <summary>The folder of the recorded events, relative to the repository.</summary>
    internal const string Folder = "tests/NotificationHub.Tests/Contract/Recorded";

    private static readonly string FullFolder = Path.Combine(EventFiles.Root, Folder);

    public static TheoryData<string> Recorded =>
        [.. Directory.EnumerateFiles(FullFolder).Select(file => Path.GetFileName(file))];

    [Fact]
    public void Every_type_has_a_recorded_event() =>
        SchemaGenerator
            .Names.Keys.Where(name => !File.Exists(Path.Combine(FullFolder, $"{name}.json")))
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_recorded_event_fulfills_the_current_contract(string file) => Read(file).ShouldFulfillTheContract();

    [Theory]
    [MemberData(nameof(Recorded))]
    public void No_member_of_a_recorded_event_was_removed_or_renamed(string file) =>
        RoundTrip.UnknownMembers(Read(file)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Recorded))]
    public void The_Events_library_reads_every_member_of_a_recorded_event(string file) =>
        RoundTrip.ShouldRoundTrip(Read(file));

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_recorded_event_with_more_members_is_still_readable(string file)
    {
        var more = JsonNode.Parse(Read(file).Span)!.AsObject();
        more["later"] = new JsonArray(1, true);
        more["data"]!["later"] = new JsonObject { ["type"] = "text" };
        var body = Encoding.UTF8.GetBytes(more.ToJsonString());

        var read = EventReader.Read(body);

        read.GetType().ShouldBe(EventReader.Find(read.Type)!.Type);
        new ReadOnlyMemory<byte>(body).ShouldFulfillTheContract();
    }

    private static ReadOnlyMemory<byte> Read(string file) => File.ReadAllBytes(Path.Combine(FullFolder, file));
}
