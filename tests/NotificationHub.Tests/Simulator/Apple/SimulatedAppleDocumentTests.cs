using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Endpoints;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>The examples and tables of <c>docs/simulated-apple.md</c>.</summary>
public sealed partial class SimulatedAppleDocumentTests : AppleTest
{
    private static readonly string Document = File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "Documents", "simulated-apple.md")
        )
        .ReplaceLineEndings("\n");

    internal override SimulatedAppleOptions Options => new() { TimeProvider = Clock };

    [Fact]
    public async Task Every_example_works_in_the_order_of_the_document()
    {
        SampleRecords.Fill(Location, new SampleSize(Assets: 20, Devices: 100, Users: 50, Subscriptions: 2));
        var calls = Calls().Matches(Document);
        var called = new List<string>();
        var eventId = "";
        foreach (Match call in calls)
        {
            // The rate limit counts per second.
            Clock.Advance(TimeSpan.FromSeconds(1));
            var path = call.Groups["path"].Value.Replace("EVENTID", eventId, StringComparison.Ordinal);
            var response = await SendAsync(call, path);

            response.Status.ShouldBe(200, $"{call.Value}: {response.Body.ToJsonString()}");
            response.Body.ShouldNotContainKey("errorNumber", call.Value);
            await Apple.WaitUntilDeliveredAsync();
            if ((string?)response.Body["eventId"] is { } accepted)
            {
                eventId = accepted;
                var isDeferred = call.Value.Contains("deferred", StringComparison.Ordinal);
                ((string?)Location.EventStatus(eventId)!["eventStatus"]).ShouldBe(isDeferred ? "PENDING" : "COMPLETE");
            }

            called.Add(path.Split('?')[0]);
        }

        var endpoints = EndpointTable
            .All.Where(endpoint => endpoint.Method == "POST")
            .Select(endpoint => endpoint.Path);
        endpoints.Except(called).ShouldBe(["/subscriptions/disable"], "it fails while there are subscriptions");
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_lists_every_command_and_every_fault()
    {
        using var client = new HttpClient();
        var commands = JsonNode.Parse(await client.GetStringAsync(Apple.ControlUrl))!["commands"]!.AsObject();

        foreach (
            var (command, _) in commands.Where(command => command.Key.StartsWith("POST ", StringComparison.Ordinal))
        )
        {
            Document.ShouldContain("\"$CONTROL" + command["POST /simulator".Length..] + "\"");
        }

        Rows("| fault |").ShouldBe(ControlApi.FaultNames);
    }

    [GeneratedRegex(
        "call \"\\$(?<base>APPLE|CONTROL)(?<path>[^\"]*)\"(?: -X (?<method>[A-Z]+))?(?: -d '(?<body>[^']*)')?"
    )]
    private static partial Regex Calls();

    private static IEnumerable<string> Rows(string heading) =>
        Document
            .Split('\n')
            .SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]);

    private async Task<AppleAnswer> SendAsync(Match call, string path)
    {
        var body = call.Groups["body"]
            .Value.Replace("http://127.0.0.1:5080/notifications/1", Receiver.Url.ToString(), StringComparison.Ordinal);
        var method =
            call.Groups["method"] is { Success: true } named ? new HttpMethod(named.Value)
            : body.Length > 0 ? HttpMethod.Post
            : HttpMethod.Get;
        using var content = body.Length > 0 ? new StringContent(body, Encoding.UTF8, "application/json") : null;
        return call.Groups["base"].Value == "APPLE"
            ? await SendAsync(method, path, content)
            : await SendAsync(method, new Uri(Apple.ControlUrl + path), content);
    }
}
