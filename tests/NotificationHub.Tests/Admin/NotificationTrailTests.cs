using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Admin;
using NotificationHub.Events;
using NotificationHub.Routing;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Admin;

public sealed class NotificationTrailTests
{
    [Fact]
    public async Task The_outcome_of_a_notification_has_its_own_events_only()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync("1");
        string[] bodies =
        [
            TestLocation.Notification("n-1", uId: "1"),
            TestLocation.Notification("n-2", uId: "2"),
            """{"notificationId":"n-3","notificationType":"NEW_TYPE","uId":"1"}""",
            TestLocation.Notification("n-4", uId: "1"),
            "no JSON",
        ];
        foreach (var body in bodies)
        {
            using var response = await location.PostAsync(body);
        }

        await Until.TrueAsync(
            async () => (await FindAsync(hub, bodies.Length))!.IsRouted,
            "the last notification is routed"
        );
        await hub.Services.GetRequiredService<Reroute>().RerouteAsync(2, TestActor.Operator, CancellationToken.None);

        (await TypesAsync(hub, 1)).ShouldBe([EventNames.NotificationTestReceived]);
        (await TypesAsync(hub, 2)).ShouldBe([EventNames.LocationUidMismatch, EventNames.NotificationTestReceived]);
        (await TypesAsync(hub, 3)).ShouldBe([EventNames.NotificationUnrecognized]);
        (await TypesAsync(hub, 4)).ShouldBe([EventNames.NotificationTestReceived]);
        (await TypesAsync(hub, 5)).ShouldBeEmpty();
        (await FindAsync(hub, 6)).ShouldBeNull();
    }

    private static async Task<IReadOnlyList<string>> TypesAsync(HubHost hub, long seq) =>
        [.. (await FindAsync(hub, seq))!.Events.Select(entry => entry.Type)];

    private static Task<NotificationOutcome?> FindAsync(HubHost hub, long seq) =>
        hub.Services.GetRequiredService<NotificationTrail>().FindAsync(seq, CancellationToken.None);
}
