using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Refetch;

public sealed class ReconcileTests : SurveyTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 7).Select(i => $"D{i}")];

    [Fact]
    public async Task A_drift_is_told_with_what_was_wrong_and_repaired()
    {
        await BeginAsync();
        Location.Silently(change => change.ChangeTotal(new("1", "STDQ"), 5));
        await ReconcileAsync(SnapshotKind.Asset);

        var changed = (await EventsAsync(EventNames.AssetChanged))[^1];
        changed.Cause.ShouldBe("reconcile");
        var drift = (await DriftsAsync()).ShouldHaveSingleItem();
        drift.Resource.ShouldBe("asset");
        drift.Key.ShouldBe("1/STDQ");
        drift.Change.ShouldBe(ChangeKind.Updated);
        drift.Event.ShouldBe($"{changed.Epoch}-{changed.Seq}");
        drift
            .Fields.Select(field => $"{field.Name} {field.Before} {field.After}")
            .ShouldBe(["availableCount 93 98", "totalCount 100 105"]);
    }

    [Fact]
    public async Task The_hubs_topic_names_no_device_and_nobody()
    {
        await BeginAsync();
        Location.Silently(change =>
        {
            change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D3"));
            change.UpdateUser("user-1", "new@example.org", managedAppleId: null);
        });
        await ReconcileAsync(SnapshotKind.Assignment, SnapshotKind.User);

        var events = await EventsAsync(EventNames.ReconcileDriftFound);
        events.Count.ShouldBe(2);
        events.ShouldAllBe(entry => !IsTold(entry, "D3") && !IsTold(entry, "user-1") && !IsTold(entry, "example.org"));
        (await DriftsAsync()).SelectMany(drift => drift.Fields.Select(field => field.Name)).ShouldContain("email");
        (await CopyAsync()).Lines().ShouldNotContain("assignments/1/STDQ/serial:D3");
    }

    [Fact]
    public async Task Without_a_drift_nothing_is_told()
    {
        await BeginAsync();
        var before = (await EventsAsync()).Count;
        await ReconcileAsync([.. SnapshotKind.All]);

        (await EventsAsync()).Count.ShouldBe(before);
    }

    [Fact]
    public async Task What_a_notification_has_asked_for_already_is_no_drift()
    {
        await BeginAsync();
        await Location.AssociateAsync(["1"], ["D8"]);
        await RequestAsync(Assignments("1", "serial:D8"));
        await ReconcileAsync(SnapshotKind.Assignment);

        (await DriftsAsync()).ShouldBeEmpty();
        (await EventsAsync(EventNames.AssignmentChanged))[^1].Cause.ShouldBe("notification");
    }

    [Fact]
    public async Task Where_records_moved_meanwhile_each_that_was_not_returned_is_asked_for_before_it_is_gone()
    {
        await BeginAsync();
        Location.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        Apple.Faults.MoveVersionWhilePaging = true;
        Apple.Requests.Clear();
        await ReconcileAsync(SnapshotKind.Assignment);

        Apple.Requests.All.Count(request => request.Query.Contains("serialNumber=D0")).ShouldBe(1);
        Apple
            .Requests.All.Count(request =>
                request.Path == "/assignments" && !request.Query.Contains("adamId", StringComparison.Ordinal)
            )
            .ShouldBe(6, "two pages, walked three times");
        (await EventsAsync(EventNames.AssignmentChanged)).Count(entry => entry.Change == "removed").ShouldBe(1);
        (await CopyAsync()).Lines().Count(line => line.StartsWith("assignments", StringComparison.Ordinal)).ShouldBe(6);
    }

    [Fact]
    public async Task Users_are_read_since_the_last_version()
    {
        await BeginAsync();
        Location.Silently(change => change.RetireUser("user-1"));
        Apple.Requests.Clear();
        await ReconcileAsync(SnapshotKind.User);

        Apple
            .Requests.All.Where(request => request.Path == "/users")
            .ShouldHaveSingleItem()
            .Query.ShouldContain("since");
        (await CopyAsync()).Lines().Count(line => line.StartsWith("user user-1", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task It_goes_on_with_its_next_round_by_itself()
    {
        await BeginAsync();
        var began = Clock.Milliseconds;
        Apple.Requests.Clear();
        while (Apple.Requests.Count("/assets") == 0)
        {
            await SurveyTurnAsync();
        }

        (Clock.Milliseconds - began).ShouldBeInRange(
            (long)TimeSpan.FromHours(21).TotalMilliseconds,
            (long)TimeSpan.FromHours(27).TotalMilliseconds
        );
        Apple.Requests.Count("/subscriptions").ShouldBeInRange(19, 27);
    }

    private async Task BeginAsync()
    {
        Location.AddAsset("1");
        Location.AddUser("user-1", "old@example.org");
        Location.AddSubscription(12345, renewing: 5);
        await Location.AssociateAsync(["1"], Devices);
        await ImportAsync();
    }

    private static bool IsTold(EventEntry entry, string secret) =>
        (entry.Subject + System.Text.Encoding.UTF8.GetString(entry.Data)).Contains(secret, StringComparison.Ordinal);

    private async Task<IReadOnlyList<ReconcileDriftFound>> DriftsAsync() =>
        [
            .. (await EventsAsync(EventNames.ReconcileDriftFound)).Select(entry =>
                JsonSerializer.Deserialize(entry.Data, EventJsonContext.Wire.ReconcileDriftFound)!
            ),
        ];
}
