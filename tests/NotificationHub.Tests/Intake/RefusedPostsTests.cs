using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Events;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>Posts for a known location that go on being refused are told of in the feed.</summary>
public sealed class RefusedPostsTests
{
    [Fact]
    public async Task As_many_as_the_threshold_make_one_event_with_their_number()
    {
        await using var hub = await ScenarioHub.StartAsync("Intake:UnauthorizedThreshold=3");
        var location = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        var watch = hub.Services.GetRequiredService<UnauthorizedDeliveryReporter>();

        await RefuseAsync(location, 2);
        await watch.ReportAsync(CancellationToken.None);
        (await EventsAsync(hub)).ShouldBeEmpty();

        await RefuseAsync(location, 4);
        await RefuseAsync(other, 2);
        await watch.ReportAsync(CancellationToken.None);
        await watch.ReportAsync(CancellationToken.None);

        var refused = (await EventsAsync(hub)).ShouldHaveSingleItem();
        refused.Type.ShouldBe("notificationhub.location.refused.v1");
        refused.Location.ShouldBe(location.Id);
        refused.Data!.Count.ShouldBe(4);
        refused.Data.Since.ShouldBeLessThan(refused.Time!.Value);
    }

    [Fact]
    public async Task The_hub_looks_by_itself()
    {
        await using var hub = await ScenarioHub.StartAsync(
            "Intake:UnauthorizedThreshold=1",
            "Intake:RefusalPeriod=00:00:01"
        );
        var location = await hub.AddLocationAsync();

        await RefuseAsync(location, 1);

        var refused = (await EventsAsync(hub, waitSeconds: 30)).ShouldHaveSingleItem();
        refused.Location.ShouldBe(location.Id);
        refused.Data!.Count.ShouldBe(1);
    }

    private static async Task RefuseAsync(TestLocation location, int posts)
    {
        for (var n = 0; n < posts; n++)
        {
            using var content = new StringContent(TestLocation.Notification($"n-{n}"));
            (await location.PostAsync(content, "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    private static async Task<IReadOnlyList<CloudEvent<LocationRefused>>> EventsAsync(
        ScenarioHub hub,
        int waitSeconds = 0
    )
    {
        var type = EventTypes.Of(EventNames.LocationRefused);
        var lines = await hub.Http.GetStringAsync($"/events?type={type}&wait={waitSeconds}");
        return
        [
            .. lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize(line, EventJsonContext.Default.CloudEventLocationRefused)!),
        ];
    }
}
