using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.LocalBus;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Tests.Infrastructure;
using NotificationHub.Tests.LocalBus;

namespace NotificationHub.Tests.Contract;

/// <summary>The recipes of <c>docs/filters.md</c>, on the local Service Bus with the official SDK, and in Bicep.</summary>
public sealed partial class FilterRecipeTests
{
    private const string Location = "oxv3tbku4tlohblk";

    private static readonly string Page = File.ReadAllText(Path.Combine(EventFiles.Root, "docs/filters.md"));

    private static readonly Recipe[] Recipes =
    [
        .. JsonBlock()
            .Matches(Page)
            .Zip(
                ["hub", "assets", "hub", "assets", "assets"],
                (block, topic) => new Recipe(topic, JsonNode.Parse(block.Groups["text"].Value)!.AsObject())
            ),
    ];

    [Fact]
    public Task Only_this_location() =>
        ShouldSelectAsync(
            Recipes[0],
            [Event(EventNames.LocationImported, Location), Event(EventNames.HubRestored)],
            [Event(EventNames.LocationImported, "another")]
        );

    [Fact]
    public Task Only_failures_that_Apple_reported() =>
        ShouldSelectAsync(
            Recipes[1],
            [Event(EventNames.AssetManagementNotified, Location) with { Result = "FAILURE" }],
            [
                Event(EventNames.AssetManagementNotified, Location) with
                {
                    Result = "SUCCESS",
                },
                Event(EventNames.AssetChanged, Location) with
                {
                    Change = "updated",
                },
            ]
        );

    [Fact]
    public Task Only_failures_that_the_hub_reports() =>
        ShouldSelectAsync(
            Recipes[2],
            [
                Event(EventNames.OperationFailed, Location),
                Event(EventNames.RefetchFailed, Location),
                Event(EventNames.OperationStalled, Location),
            ],
            [Event(EventNames.OperationCompleted, Location), Event(EventNames.HubRestored)]
        );

    [Fact]
    public Task Only_removals() =>
        ShouldSelectAsync(
            Recipes[3],
            [
                Event(EventNames.AssignmentChanged, Location) with
                {
                    Change = "removed",
                },
                Event(EventNames.AssignmentRestated, Location),
            ],
            [
                Event(EventNames.AssignmentChanged, Location) with
                {
                    Change = "added",
                },
                Event(EventNames.AssetManagementNotified, Location) with
                {
                    Action = "DISASSOCIATE",
                },
            ]
        );

    [Fact]
    public Task Only_what_is_replayed_for_me() =>
        ShouldSelectAsync(Recipes[4], [], [Event(EventNames.AssetChanged, Location) with { Change = "updated" }]);

    [BicepFact]
    public void The_recipes_in_Bicep_are_those_on_the_local_Service_Bus()
    {
        JsonBlock().Count(Page).ShouldBe(Recipes.Length);
        // Two recipes are for the same subscription, and the compiler takes a second.
        foreach (
            var chosen in (Recipe[][])
                [
                    [Recipes[0], Recipes[1], Recipes[3]],
                    [Recipes[2], Recipes[4]],
                ]
        )
        {
            var topics = With(chosen);

            ServiceBusDeploymentTests
                .RulesOf(Deployment.WithTopics(topics))
                .ShouldBe(ServiceBusDeploymentTests.RulesOf(Topology.Parse(topics)), ignoreOrder: true);
        }
    }

    [BicepFact]
    public void The_template_for_subscriptions_elsewhere_compiles_without_a_warning()
    {
        using var workspace = new BicepWorkspace();
        File.WriteAllText(workspace.File("own.bicep"), BicepBlock().Matches(Page).Single().Groups["text"].Value);

        workspace.Run("build", "own.bicep", "--stdout").ShouldContain("audience = 'all' AND change = 'removed'");
    }

    private static async Task ShouldSelectAsync(Recipe recipe, EventEntry[] selected, EventEntry[] others)
    {
        var (topic, name) = (recipe.Topic, recipe.Name);
        await using var bus = await LocalServiceBus.StartAsync(
            new LocalServiceBusOptions { Topology = Topology.Parse(With(recipe)) }
        );
        await using var client = TestBus.Connect(bus.ConnectionString);
        await using var sender = client.CreateSender(topic);
        var seq = 0;
        ServiceBusMessage[] live = [.. selected.Concat(others).Select(entry => Message(entry, ++seq))];
        var replayed = Message(others[0], ++seq);
        TopicMessages.Address(replayed, name, "key:test");
        var replayedToAnother = Message(selected.Concat(others).First(), ++seq);
        TopicMessages.Address(replayedToAnother, "another", "key:test");

        await sender.SendMessagesAsync([.. live, replayed, replayedToAnother]);

        (await ReceiveAsync(client, recipe, selected.Length + 1))
            .Order(StringComparer.Ordinal)
            .ShouldBe(live[..selected.Length].Append(replayed).Select(message => message.MessageId));
        bus.Subscription(topic, name).Enqueued.ShouldBe(selected.Length + 1);
    }

    private static async Task<IReadOnlyList<string>> ReceiveAsync(ServiceBusClient client, Recipe recipe, int count)
    {
        await using var receiver = recipe.RequiresSession
            ? await client.AcceptNextSessionAsync(recipe.Topic, recipe.Name)
            : client.CreateReceiver(recipe.Topic, recipe.Name);
        List<string> ids = [];
        while (ids.Count < count)
        {
            foreach (var message in await receiver.ReceiveMessagesAsync(count - ids.Count, TimeSpan.FromSeconds(20)))
            {
                ids.Add(message.MessageId);
                await receiver.CompleteMessageAsync(message);
            }
        }

        return ids;
    }

    /// <summary>The hub's <c>topics.json</c> with the rules of these recipes.</summary>
    private static string With(params IEnumerable<Recipe> recipes)
    {
        var topics = JsonNode.Parse(BicepFiles.Read("topics.json"))!;
        foreach (var recipe in recipes)
        {
            var subscriptions = topics["topics"]!.AsArray().Single(topic => (string)topic!["name"]! == recipe.Topic)![
                "subscriptions"
            ]!.AsArray();
            var declared = subscriptions.Single(subscription => (string)subscription!["name"]! == recipe.Name)!;
            recipe.RequiresSession.ShouldBe((bool)declared["requiresSession"]!);
            subscriptions[declared.GetElementIndex()] = recipe.Subscription.DeepClone();
        }

        return topics.ToJsonString();
    }

    private static ServiceBusMessage Message(EventEntry entry, int seq) =>
        new TopicMessages(new CloudEventWriter(Options.Create(new PublishingOptions())))
            .Create(entry with { Seq = seq })
            .Message.ShouldNotBeNull();

    private static EventEntry Event(string name, string? location = null) =>
        new()
        {
            Epoch = 1,
            Topic = TopicMap.TopicOf(name),
            Type = name,
            LocationId = location,
            Seq = 0,
            Data = "{}"u8.ToArray(),
            CreatedAt = At(0),
        };

    private sealed record Recipe(string Topic, JsonObject Subscription)
    {
        public string Name => (string)Subscription["name"]!;

        public bool RequiresSession => (bool)Subscription["requiresSession"]!;
    }

    [GeneratedRegex(@"^```json\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"^```bicep\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BicepBlock();
}
