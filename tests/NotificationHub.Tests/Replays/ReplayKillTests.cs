using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.LocalBus;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Replays;

/// <summary>A hub process that is killed while it replays, under load and with a faulty bus.</summary>
public sealed class ReplayKillTests(ITestOutputHelper output)
{
    private const string Topic = "assets";
    private const string Subscription = "inventory";
    private const int Kills = 2;
    private const int Rate = 50;

    [Fact]
    public async Task A_replay_of_a_killed_hub_reaches_its_subscription_once_and_live_events_keep_their_order()
    {
        var seed = Seeds.Create(output);
        var random = new Random(seed);
        await using var scene = await CrashScene.BeginAsync(seed, load: LoadProfile.Light);
        var inventory = scene.Bus.Subscription(Topic, Subscription);
        await Until.TrueAsync(() => inventory.Enqueued >= (Kills + 2) * Rate, "live events are published");

        var replay = await StartAsync(await scene.Hub.Endpoint.Url);
        scene.Bus.Faults.LostResponseShare = 0.1;
        for (var kill = 1; kill <= Kills; kill++)
        {
            var replayed = ReplayedIds(inventory, replay).Count + random.Next(1, Rate);
            await scene.Hub.KillWhenAsync(
                Until.TrueAsync(() => ReplayedIds(inventory, replay).Count >= replayed, "the replay continues")
            );
        }

        var atLastKill = ReplayedIds(inventory, replay).Count;
        scene.Bus.Faults.LostResponseShare = 0;
        await scene.Sender.StopAsync();
        JsonElement done = default;
        await Until.TrueAsync(
            async () =>
            {
                done = await ShowAsync(await scene.Hub.Endpoint.Url, replay);
                return done.GetProperty("state").GetString() == "completed";
            },
            "the replay ends"
        );

        var seqs = await scene.Hub.Database.QueryAsync<long>(
            "select seq from event_log where topic = @Topic and seq <= @upTo order by seq",
            new { Topic, upTo = done.GetProperty("upTo").GetInt64() }
        );
        ReplayedIds(inventory, replay).ShouldBe(seqs.Select(seq => $"1-{seq}.{replay}"));
        done.GetProperty("sent").GetInt64().ShouldBe(seqs.Count);
        atLastKill.ShouldBeLessThan(seqs.Count, "the last kill interrupted the replay");
        scene
            .Bus.Topics.SelectMany(topic => topic.Subscriptions.Select(one => (topic.Name, Subscription: one)))
            .Where(one => (one.Name, one.Subscription.Name) != (Topic, Subscription))
            .SelectMany(one => ReplayedIds(one.Subscription, replay))
            .ShouldBeEmpty();
        await scene.EndAsync();
        output.WriteLine($"replayed {seqs.Count}, sent again {scene.Bus.Topics.Sum(topic => topic.Duplicates)}");
    }

    private static IReadOnlyList<string> ReplayedIds(LocalSubscription subscription, string replay) =>
        [
            .. subscription
                .Messages.Where(message => message.Properties.GetValueOrDefault("replay") as string == replay)
                .Select(message => message.MessageId),
        ];

    private static async Task<string> StartAsync(Uri hub)
    {
        using var http = new HttpClient { BaseAddress = hub };
        using var started = await http.PostAsJsonAsync(
            "/admin/replays",
            new
            {
                topic = Topic,
                subscription = Subscription,
                after = 0,
                rate = Rate,
            }
        );
        var text = await started.Content.ReadAsStringAsync();
        started.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> ShowAsync(Uri hub, string replay)
    {
        using var http = new HttpClient { BaseAddress = hub };
        return await http.GetFromJsonAsync<JsonElement>($"/admin/replays/{replay}");
    }
}
