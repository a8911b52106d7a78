using System.Text;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Refetch;

public sealed class RefetchRecordTests : RefetchTest
{
    [Fact]
    public async Task A_first_read_has_cause_baseline_and_a_later_change_has_not()
    {
        Location.AddAsset("408709785", total: 10);
        await ReadAsync(Asset("408709785"));
        await Location.AssociateAsync(["408709785"], ["D1"]);
        await ReadAsync(Asset("408709785"));

        var events = await EventsAsync(EventNames.AssetChanged);
        events
            .Select(entry => (entry.Change, entry.Cause))
            .ShouldBe([("added", "baseline"), ("updated", "notification")]);
        events.ShouldAllBe(entry => entry.Subject == "assets/408709785/STDQ" && entry.AdamId == "408709785");
        var change = JsonSerializer.Deserialize(events[1].Data, EventJsonContext.Wire.RecordChangeAssetRecord)!;
        (change.Before!.AssignedCount, change.After!.AssignedCount).ShouldBe((0, 1));
    }

    [Fact]
    public async Task An_unchanged_record_causes_no_event()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        await ReadAsync(Asset("1"));

        (await EventsAsync()).Count.ShouldBe(1);
        Apple.Requests.Count("/assets").ShouldBe(2);
    }

    [Fact]
    public async Task A_revision_is_the_seq_of_the_records_last_event_and_survives_removal()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        Location.Silently(change => change.RemoveAsset(new("1", "STDQ")));
        await ReadAsync(Asset("1"));

        var last = (await EventsAsync())[^1];
        last.Change.ShouldBe("removed");
        (await Store.ScalarAsync<long>("select revision from snapshot where data is null")).ShouldBe(last.Seq);
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        var again = (await EventsAsync())[^1];
        (again.Change, again.Cause).ShouldBe(("added", "notification"));
        again.Seq.ShouldBeGreaterThan(last.Seq);
    }

    [Fact]
    public async Task An_unlimited_asset_is_a_record_like_any_other()
    {
        Location.AddAsset("1", total: int.MaxValue);
        await ReadAsync(Asset("1"));

        Encoding.UTF8.GetString((await EventsAsync())[0].Data).ShouldContain("\"totalCount\":2147483647");
    }

    [Fact]
    public async Task A_missing_holder_is_removed_by_its_own_read()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["D1", "D2"]);
        await ReadAsync(Assignments("1", "serial:D1"), Assignments("1", "serial:D2"));
        await Location.DisassociateAsync(["1"], ["D1"]);
        await ReadAsync(Assignments("1", "serial:D1"));

        (await CopyAsync()).Lines().ShouldBe(["assignments/1/STDQ/serial:D2"]);
        (await EventsAsync()).Count(entry => entry.Cause == "baseline").ShouldBe(2);
        Apple.Requests.All.ShouldAllBe(request =>
            request.Path != "/assignments" || request.Query.Contains("serialNumber=")
        );
    }

    [Fact]
    public async Task After_a_complete_read_a_new_holder_is_new_at_Apple()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["D1"]);
        await ReadAsync(Assignments("1"));
        await Location.AssociateAsync(["1"], ["D2"]);
        await ReadAsync(Assignments("1", "serial:D2"));

        (await EventsAsync()).Select(entry => entry.Cause).ShouldBe(["baseline", "notification"]);
    }

    [Fact]
    public async Task A_user_who_was_retired_and_returned_has_an_active_and_a_retired_record()
    {
        Location.AddUser("a/b", "one@example.org");
        await ReadAsync(User("a/b"));
        await Location.RetireUsersAsync("a/b");
        await ReadAsync(User("a/b"));
        await Location.CreateUsersAsync(new UserRequest("a/b", "two@example.org"));
        await ReadAsync(User("a/b"));

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        var events = await EventsAsync();
        events.Count(entry => entry is { Subject: "users/a%2Fb", Change: "removed" }).ShouldBe(1);
        events.ShouldAllBe(entry => !Encoding.UTF8.GetString(entry.Data).Contains("inviteCode"));
    }

    [Fact]
    public async Task Users_whose_IDs_differ_in_a_trailing_space_are_two_users()
    {
        Location.AddAsset("1");
        Location.AddSubscription(12345, renewing: 5);
        string[] ids = ["a", "a "];
        Array.ForEach(ids, id => Location.AddUser(id, managedAppleId: $"{id.Length}@example.org"));
        await Location.AssociateAsync(["1"], clientUserIds: ids);
        await Location.AssociateSubscriptionsAsync([12345], ids);
        await ReadAsync([.. ids.Select(User), Assignments("1"), Seats("12345")]);
        (await EventsAsync())
            .Select(entry => entry.Subject)
            .ShouldBe(
                [
                    "users/a",
                    "users/a%20",
                    "assignments/1/STDQ/user:a",
                    "assignments/1/STDQ/user:a%20",
                    "subscription-assignments/12345/a",
                    "subscription-assignments/12345/a%20",
                ],
                ignoreOrder: true
            );

        Clock.Advance(TimeSpan.FromMinutes(30));
        await Location.RetireUsersAsync("a ");
        await ReadAsync(User("a ") with { Expects = TargetExpectations.Absent() });

        (await Store.QueryAsync<string>("select \"key\" from snapshot where data is null order by kind")).ShouldBe([
            "1/STDQ/user:a%20",
            "12345/a%20",
            "a%20",
        ]);
    }

    [Fact]
    public async Task Many_users_are_read_completely_once_and_then_since_the_version()
    {
        string[] users = [.. Enumerable.Range(0, 12).Select(i => $"user-{i}")];
        foreach (var user in users)
        {
            Location.AddUser(user, $"{user}@example.org");
        }

        await ReadAsync([.. users.Select(User)]);
        await Location.RetireUsersAsync(users);
        Apple.Requests.Clear();
        await ReadAsync([.. users.Select(User)]);

        Apple.Requests.All.Count.ShouldBe(2, "what changed, and one read of all to confirm that none is active");
        Apple.Requests.All[0].Query.ShouldContain("sinceVersionId=");
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task Many_retired_users_are_removed_after_their_notification()
    {
        string[] users = [.. Enumerable.Range(0, 30).Select(i => $"user-{i:00}")];
        foreach (var user in users)
        {
            Location.AddUser(user, $"{user}@example.org");
        }

        await ReadAsync([.. users.Select(User)]);
        await Location.RetireUsersAsync(users);
        await ReadAsync([.. users.Select(User)]);

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task An_incremental_read_of_a_retired_record_removes_no_active_user()
    {
        string[] users = [.. Enumerable.Range(0, 12).Select(i => $"user-{i}")];
        Location.AddUser("user-1", "old@example.org");
        Location.Silently(change => change.RetireUser("user-1"));
        foreach (var user in users)
        {
            Location.AddUser(user, $"{user}@example.org");
        }

        await ReadAsync([.. users.Select(User)]);
        Location.Silently(change =>
        {
            change.PutUser(new SimulatedUser("user-1", "other@example.org", null, null, SimulatedUser.Retired));
            change.RetireUser("user-2");
        });
        Apple.Requests.Clear();
        await ReadAsync([.. users.Select(User)]);

        Apple
            .Requests.All.Select(request => System.Web.HttpUtility.ParseQueryString(request.Query))
            .Select(query => query["sinceVersionId"] is null ? query["clientUserId"] : "incremental")
            .ShouldBe(["incremental", "user-1", "user-2"]);
        var events = await EventsAsync(EventNames.UserChanged);
        events
            .Where(entry => entry is { Change: "removed", Subject: "users/user-1" or "users/user-2" })
            .Select(entry => entry.Subject)
            .ShouldBe(["users/user-2"]);
    }

    [Fact]
    public async Task A_record_with_a_too_long_key_is_skipped_without_failing_its_page()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["D1"]);
        Location.Silently(change => change.Associate(new("1", "STDQ"), AssignmentTarget.Device(new string('x', 400))));
        await ReadAsync(Assignments("1"));
        await ReadAsync(Assignments("1"));

        (await Store.QueryAsync<string>("select \"key\" from snapshot")).ShouldBe(["1/STDQ/serial:D1"]);
        (await EventsAsync(EventNames.AssignmentChanged)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_version_unknown_to_Apple_leads_to_a_full_read()
    {
        MergedRequest[] users = [.. Enumerable.Range(0, 12).Select(i => User($"user-{i}"))];
        Location.AddUser("user-1");
        await ReadAsync(users);
        await Store.ExecuteAsync("update snapshot_state set version_id = 'not-known'");
        Location.AddUser("user-2");
        await ReadAsync(users);

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        (await EventsAsync())[^1].Cause.ShouldBe("notification");
    }

    [Fact]
    public async Task Subscriptions_and_their_assignments_are_read()
    {
        Location.AddSubscription(12345, renewing: 10, expiring: 2, parentAdamId: 54321);
        Location.AddUser("user-1", managedAppleId: "one@example.org");
        await Location.AssociateSubscriptionsAsync([12345], ["user-1"]);
        await ReadAsync(Subscription("12345"), Seats("12345"), User("user-1"));
        await Location.DisassociateSubscriptionsAsync([12345], ["user-1"]);
        await ReadAsync(Subscription("12345"), Seats("12345"));

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        (await EventsAsync(EventNames.SubscriptionAssignmentChanged))
            .Select(entry => entry.Change)
            .ShouldBe(["added", "removed"]);
    }

    [Fact]
    public async Task A_change_carries_the_correlation_and_trace_of_its_request()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1") with { CorrelationId = "event-1", Traceparent = "00-trace" });

        var entry = (await EventsAsync()).ShouldHaveSingleItem();
        (entry.CorrelationId, entry.Traceparent).ShouldBe(("event-1", "00-trace"));
    }
}
