using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.FullSync;

public sealed class ReconcileTests : FullSyncTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 7).Select(i => $"D{i}")];

    [Fact]
    public async Task A_drift_is_reported_with_its_fields_and_repaired()
    {
        await BeginAsync();
        Location.Silently(change => change.ChangeTotal(new("1", "STDQ"), 5));
        await ReconcileAsync(RecordKind.Asset);

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
    public async Task The_topic_hub_names_no_device_and_no_person()
    {
        await BeginAsync();
        Location.Silently(change =>
        {
            change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D3"));
            change.UpdateUser("user-1", "new@example.org", managedAppleId: null);
        });
        await ReconcileAsync(RecordKind.Assignment, RecordKind.User);

        var events = await EventsAsync(EventNames.ReconcileDriftFound);
        events.Count.ShouldBe(2);
        events.ShouldAllBe(entry =>
            !Mentions(entry, "D3") && !Mentions(entry, "user-1") && !Mentions(entry, "example.org")
        );
        (await DriftsAsync()).SelectMany(drift => drift.Fields.Select(field => field.Name)).ShouldContain("email");
        (await CopyAsync()).Lines().ShouldNotContain("assignments/1/STDQ/serial:D3");
    }

    [Fact]
    public async Task Without_drift_no_event_is_published()
    {
        await BeginAsync();
        var before = (await EventsAsync()).Count;
        await ReconcileAsync([.. RecordKind.All]);

        (await EventsAsync()).Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_record_with_a_pending_target_is_no_drift()
    {
        await BeginAsync();
        await Location.AssociateAsync(["1"], ["D8"]);
        await RequestAsync(Assignments("1", "serial:D8"));
        await ReconcileAsync(RecordKind.Assignment);

        (await DriftsAsync()).ShouldBeEmpty();
        (await EventsAsync(EventNames.AssignmentChanged))[^1].Cause.ShouldBe("notification");
    }

    [Fact]
    public async Task After_disturbed_reads_each_unseen_record_is_read_before_its_removal()
    {
        await BeginAsync();
        Location.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        Apple.Faults.MoveVersionWhilePaging = true;
        Apple.Requests.Clear();
        await ReconcileAsync(RecordKind.Assignment);

        Apple.Requests.All.Count(request => request.Query.Contains("serialNumber=D0")).ShouldBe(1);
        Apple
            .Requests.All.Count(request =>
                request.Path == "/assignments" && !request.Query.Contains("adamId", StringComparison.Ordinal)
            )
            .ShouldBe(6, "two pages are read three times");
        (await EventsAsync(EventNames.AssignmentChanged)).Count(entry => entry.Change == "removed").ShouldBe(1);
        (await CopyAsync()).Lines().Count(line => line.StartsWith("assignments", StringComparison.Ordinal)).ShouldBe(6);
    }

    [Fact]
    public async Task Users_are_read_since_the_last_version()
    {
        await BeginAsync();
        Location.Silently(change => change.RetireUser("user-1"));
        await ReconcileUsersAsync(TimeSpan.FromDays(1));

        UserReads().ShouldBe(["incremental", "user-1"]);
        (await CopyAsync()).Lines().Count(line => line.StartsWith("user user-1", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task An_incremental_read_of_a_retired_record_removes_no_active_user()
    {
        await BeginAsync();
        Location.Silently(change =>
            change.PutUser(new SimulatedUser("user-2", "other@example.org", null, null, SimulatedUser.Retired))
        );
        await ReconcileUsersAsync(TimeSpan.FromDays(1));

        UserReads().ShouldBe(["incremental", "user-2"]);
        (await EventsAsync(EventNames.UserChanged)).ShouldNotContain(entry =>
            entry.Change == "removed" && entry.Subject == "users/user-2"
        );
    }

    [Fact]
    public async Task All_users_are_read_once_a_week_and_a_lost_one_is_repaired()
    {
        await BeginAsync();
        await Store.ExecuteAsync("update snapshot set \"key\" = 'lost' where kind = 'user' and \"key\" = 'user-1'");
        for (var day = 1; day <= 5; day++)
        {
            await ReconcileUsersAsync(TimeSpan.FromDays(1));
            UserReads().ShouldBe(["incremental"]);
        }

        await RestartAsync();
        await ReconcileUsersAsync(TimeSpan.FromDays(1));

        UserReads().ShouldBe([null]);
        (
            await Store.ScalarAsync<long>("select count(*) from snapshot where \"key\" = 'user-1' and data is not null")
        ).ShouldBe(1);
        (
            await Store.ScalarAsync<long>("select count(*) from snapshot where \"key\" = 'lost' and data is not null")
        ).ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(30)]
    public async Task All_users_are_read_at_least_weekly_whatever_the_interval(int days)
    {
        FullSyncSettings.Interval = TimeSpan.FromDays(days);
        await BeginAsync();
        await Store.ExecuteAsync("update full_sync set due_at = null where kind <> 'user'");
        for (var round = 0; round < 2; round++)
        {
            var finishedAt = await Store.ScalarAsync<long>("select complete_at from full_sync where kind = 'user'");
            Apple.Requests.Clear();
            await RunFullSyncSlotAsync();

            UserReads().ShouldBe([null]);
            (Clock.Milliseconds - finishedAt).ShouldBeInRange(
                (long)TimeSpan.FromDays(5).TotalMilliseconds,
                (long)TimeSpan.FromDays(7).TotalMilliseconds
            );
        }
    }

    [Fact]
    public async Task A_requested_reconciliation_reads_all_users()
    {
        await BeginAsync();
        Apple.Requests.Clear();
        await ReconcileAsync(RecordKind.User);

        UserReads().ShouldBe([null]);
    }

    [Fact]
    public async Task The_next_reconciliation_starts_by_itself()
    {
        await BeginAsync();
        var began = Clock.Milliseconds;
        Apple.Requests.Clear();
        while (Apple.Requests.Count("/assets") == 0)
        {
            await RunFullSyncSlotAsync();
        }

        (Clock.Milliseconds - began).ShouldBeInRange(
            (long)TimeSpan.FromHours(21).TotalMilliseconds,
            (long)TimeSpan.FromHours(27).TotalMilliseconds
        );
        Apple.Requests.Count("/subscriptions").ShouldBeInRange(19, 27);
    }

    /// <summary>The scope of each request for users since the last clear: a user, the changed users, or all users (null).</summary>
    private List<string?> UserReads() =>
        [
            .. Apple
                .Requests.All.Where(request => request.Path == "/users")
                .Select(request => System.Web.HttpUtility.ParseQueryString(request.Query))
                .Select(query => query["sinceVersionId"] is null ? query["clientUserId"] : "incremental"),
        ];

    /// <summary>The scheduled reconciliation of users, after a time.</summary>
    private async Task ReconcileUsersAsync(TimeSpan later)
    {
        Clock.Advance(later);
        Apple.Requests.Clear();
        var began = Clock.Milliseconds;
        await Store.ExecuteAsync("update full_sync set due_at = case when kind = 'user' then 0 end");
        while (
            await Store.ScalarAsync<long>(
                "select count(*) from full_sync where kind = 'user' and finished_at >= @began",
                new { began }
            ) == 0
        )
        {
            await RunFullSyncSlotAsync();
        }
    }

    private async Task BeginAsync()
    {
        Location.AddAsset("1");
        Location.AddUser("user-2", "old@example.org");
        Location.Silently(change => change.RetireUser("user-2"));
        Location.AddUser("user-2", "two@example.org");
        Location.AddUser("user-1", "old@example.org");
        Location.AddSubscription(12345, renewing: 5);
        await Location.AssociateAsync(["1"], Devices);
        await ImportAsync();
    }

    private static bool Mentions(EventEntry entry, string secret) =>
        (entry.Subject + System.Text.Encoding.UTF8.GetString(entry.Data)).Contains(secret, StringComparison.Ordinal);

    private async Task<IReadOnlyList<ReconcileDriftFound>> DriftsAsync() =>
        [
            .. (await EventsAsync(EventNames.ReconcileDriftFound)).Select(entry =>
                JsonSerializer.Deserialize(entry.Data, EventJsonContext.Wire.ReconcileDriftFound)!
            ),
        ];
}
