using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using NotificationHub.Tests.FullSync;
using NotificationHub.Tests.Model;

namespace NotificationHub.Tests.Refetch;

/// <summary>After <c>migrate --after-restore</c>, every record is restated, and a consumer drops all others.</summary>
public sealed class RestatementTests : FullSyncTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 7).Select(i => $"D{i}")];
    private static readonly string[] Users = [.. Enumerable.Range(0, 5).Select(i => $"user/{i}%")];

    [Fact]
    public async Task Every_record_is_restated_once_and_each_kind_ends_with_its_event()
    {
        await BeginAsync();
        var outcome = await RestoreAsync();
        await RestatedAsync();

        var events = await SinceAsync(outcome);
        var restored = DataOf(events[0], EventNames.HubRestored, EventJsonContext.Wire.HubRestored);
        restored.Epoch.ShouldBe(outcome.Epoch);
        restored.FromRevision.ShouldBe(EventLog.Padded(outcome.FirstEvent));
        restored.Locations.ShouldBe([LocationId]);
        var changed = ChangedIn(events);
        changed.ShouldAllBe(entry => entry.Cause == "restore" && entry.Change == "updated");
        changed.Select(entry => entry.Subject).ShouldBeUnique();
        foreach (var kind in RecordKind.All)
        {
            var end = events.Single(entry => entry.Type == kind.RestatedEventName);
            var records = changed.Where(entry => entry.Type == kind.EventName).ToList();
            records.ShouldAllBe(entry => entry.Seq < end.Seq && entry.Topic == end.Topic);
            var announced = DataOf(end, kind.RestatedEventName, EventJsonContext.Wire.RecordsRestated);
            announced.Epoch.ShouldBe(outcome.Epoch);
            announced.FromRevision.ShouldBe(restored.FromRevision);
            announced.Records.ShouldBe(records.Count);
            announced.Records.ShouldBeGreaterThan(0, kind.Name);
        }

        var location = DataOf(events[^1], EventNames.LocationRestated, EventJsonContext.Wire.LocationRestated);
        location.Epoch.ShouldBe(outcome.Epoch);
        location.FromRevision.ShouldBe(restored.FromRevision);
        location.Records.Values.Sum().ShouldBe(changed.Count);
        events.ShouldNotContain(entry => entry.Type == EventNames.ReconcileDriftFound);
    }

    [Fact]
    public async Task Consumers_drop_records_published_after_the_backup()
    {
        await BeginAsync();
        var copy = new RevisionCopy();
        copy.Apply(await EventsAsync());
        var last = (await EventsAsync())[^1];
        // Published after the backup, and undone at Apple before the restored hub reads.
        var lost = new[]
        {
            Lost(last, 1, "assets/1/STDQ", """{"adamId":"1","pricingParam":"STDQ","assignedCount":99}"""),
            Lost(last, 2, "assets/77/STDQ", """{"adamId":"77","pricingParam":"STDQ"}"""),
            Lost(last, 3, "assignments/1/STDQ/serial:D0", null),
            Lost(last, 4, "assets/88/STDQ", """{"adamId":"88","pricingParam":"STDQ"}""") with
            {
                LocationId = "lost",
            },
        };
        copy.Apply(lost);
        copy.Lines(LocationId).ShouldNotBe(StateLines.Of(Location.ExportState()));

        var outcome = await RestoreAsync();
        await RestatedAsync();
        copy.Apply(await SinceAsync(outcome));
        // A topic may still hold them.
        copy.Apply(lost);

        copy.Lines(LocationId).ShouldBe(StateLines.Of(Location.ExportState()));
        copy.Lines("lost").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restatement_needs_no_scheduled_full_sync()
    {
        FullSyncSettings.Interval = TimeSpan.Zero;
        FullSyncSettings.SubscriptionInterval = TimeSpan.Zero;
        await BeginAsync();
        (await DueAsync()).ShouldBe(["user"]);

        var outcome = await RestoreAsync();
        await RestatedAsync();

        ChangedIn(await SinceAsync(outcome)).Count.ShouldBe(await RecordsAsync());
        (await DueAsync()).ShouldBe(["user"]);
    }

    [Fact]
    public async Task Differences_are_published_with_the_same_cause_and_are_no_drift()
    {
        await BeginAsync();
        Location.Silently(change =>
        {
            change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D3"));
            change.Associate(new("1", "STDQ"), AssignmentTarget.Device("NEW"));
            change.RetireUser(Users[1]);
        });
        var outcome = await RestoreAsync();
        await RestatedAsync();

        var events = await SinceAsync(outcome);
        var changed = ChangedIn(events).ToDictionary(entry => entry.Subject!, StringComparer.Ordinal);
        changed.Values.ShouldAllBe(entry => entry.Cause == "restore");
        changed["assignments/1/STDQ/serial:D3"].Change.ShouldBe("removed");
        changed["assignments/1/STDQ/serial:NEW"].Change.ShouldBe("added");
        changed[UserKeys.Subject(Users[1])].Change.ShouldBe("removed");
        events.ShouldNotContain(entry => entry.Type == EventNames.ReconcileDriftFound);
        await ShouldBeAtAppleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_kind_does_not_prevent_the_restatement(bool isLast)
    {
        await BeginAsync();
        // Apple refused it before, and has to refuse it again.
        await Store.ExecuteAsync("update full_sync set refused_at = 1 where kind = 'subscription'");
        var outcome = await RestoreAsync();
        await Store.ExecuteAsync(
            $"update full_sync set due_at = due_at + 1800000 where kind {(isLast ? "=" : "<>")} 'subscription'"
        );
        Apple.Requests.Clear();
        Apple.Faults.Next("/subscriptions", [.. Enumerable.Repeat(Fault.Error(9637), Settings.MaxAttempts + 2)]);
        for (var slots = 0; (await RestatedLocationAsync(outcome)).Count == 0; slots++)
        {
            slots.ShouldBeLessThan(500, "the end of the restatement is not announced");
            await RunFullSyncSlotAsync();
        }

        var without = (await RestatedLocationAsync(outcome)).ShouldHaveSingleItem();
        without.NotAvailable.ShouldBe(["subscription"]);
        without.Records.Keys.ShouldBe(["asset", "assignment", "user", "subscription-assignment"], ignoreOrder: true);
        Apple.Requests.Count("/subscriptions").ShouldBe(Settings.MaxAttempts);
        (await PendingKindsAsync()).ShouldBe(1);

        await RestatedAsync();

        var events = await SinceAsync(outcome);
        events[^2].Type.ShouldBe(EventNames.SubscriptionRestated);
        events[^1].Type.ShouldBe(EventNames.LocationRestated);
        var all = await RestatedLocationAsync(outcome);
        all.Count.ShouldBe(2, "attempts in between publish no event");
        all[1].NotAvailable.ShouldBeEmpty();
        all[1].Records.Count.ShouldBe(RecordKind.All.Count);
        ChangedIn(events).Count.ShouldBe(await RecordsAsync());
    }

    [Fact]
    public async Task A_record_that_was_refetched_meanwhile_is_not_restated_again()
    {
        await BeginAsync();
        var outcome = await RestoreAsync();
        await ReadAsync(Asset("1"), User(Users[0]), Assignments("1", "serial:D1"));
        await RunFullSyncSlotAsync();
        await RunFullSyncSlotAsync();
        await ReadAsync(Assignments("1"));
        await RestatedAsync();

        var changed = ChangedIn(await SinceAsync(outcome));
        changed.ShouldAllBe(entry => entry.Cause == "restore");
        changed.Select(entry => entry.Subject).ShouldBeUnique();
        changed.Count.ShouldBe(await RecordsAsync());
    }

    [Fact]
    public async Task A_restatement_continues_after_a_restart()
    {
        await BeginAsync();
        var outcome = await RestoreAsync();
        while (await PendingKindsAsync() > 0)
        {
            await RunFullSyncSlotAsync();
            await RestartAsync();
        }

        var changed = ChangedIn(await SinceAsync(outcome));
        changed.Select(entry => entry.Subject).ShouldBeUnique();
        changed.Count.ShouldBe(await RecordsAsync());
    }

    [Fact]
    public async Task A_full_sync_that_was_half_done_in_the_backup_starts_over()
    {
        await BeginAsync();
        await Store.ExecuteAsync("update full_sync set due_at = case when kind = 'assignment' then 0 else null end");
        await RunFullSyncSlotAsync();
        await RunFullSyncSlotAsync();
        (await Store.ScalarAsync<int>("select pages from full_sync where kind = 'assignment'")).ShouldBe(2);

        var outcome = await RestoreAsync();
        await RestatedAsync();

        ChangedIn(await SinceAsync(outcome)).Count.ShouldBe(await RecordsAsync());
    }

    [Fact]
    public async Task A_restore_during_a_restatement_begins_another_one()
    {
        await BeginAsync();
        await RestoreAsync();
        while (await PendingKindsAsync() > 3)
        {
            await RunFullSyncSlotAsync();
        }

        await RunFullSyncSlotAsync();
        var outcome = await RestoreAsync();
        await RestatedAsync();

        var events = await SinceAsync(outcome);
        ChangedIn(events).Count.ShouldBe(await RecordsAsync());
        var ends = events.Where(entry => entry.Type.EndsWith(".restated", StringComparison.Ordinal)).ToList();
        ends.Count.ShouldBe(RecordKind.All.Count + 1);
        ends.ShouldAllBe(entry => FromRevisionOf(entry) == EventLog.Padded(outcome.FirstEvent));
    }

    [Fact]
    public async Task A_closed_location_is_restated_when_it_becomes_callable()
    {
        await BeginAsync();
        await Store.ExecuteAsync("update location set state = 'expired'");
        var outcome = await RestoreAsync();
        await RunFullSyncSlotAsync();
        (await SinceAsync(outcome)).ShouldHaveSingleItem().Type.ShouldBe(EventNames.HubRestored);

        await Store.ExecuteAsync("update location set state = 'valid'");
        await RestatedAsync();

        ChangedIn(await SinceAsync(outcome)).Count.ShouldBe(await RecordsAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task An_incomplete_import_starts_over_and_reports_both_ends(int slots)
    {
        await FillAsync();
        for (var slot = 0; slot < slots; slot++)
        {
            await RunFullSyncSlotAsync();
        }

        var outcome = await RestoreAsync();
        await ImportAsync();
        await RestatedAsync();

        var events = await SinceAsync(outcome);
        ChangedIn(events).Count.ShouldBe(await RecordsAsync());
        events.Count(entry => entry.Type == EventNames.LocationImported).ShouldBe(1);
        events.Count(entry => entry.Type == EventNames.LocationRestated).ShouldBe(1);
    }

    [Fact]
    public async Task A_location_registered_after_the_restore_is_not_restated()
    {
        await FillAsync();
        await Store.ExecuteAsync("delete from location");
        var outcome = await RestoreAsync();
        await SaveLocationAsync(LocationId, Location);
        await ImportAsync();

        var events = await SinceAsync(outcome);
        ChangedIn(events).ShouldAllBe(entry => entry.Cause == "baseline");
        events.ShouldNotContain(entry => entry.Type.EndsWith(".restated", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_busy_location_unreturned_records_are_restated_one_by_one()
    {
        await BeginAsync();
        Location.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        // Users that are gone at Apple, as a restore can bring them back.
        await Store.ExecuteAsync(
            "insert into snapshot select location_id, kind, 'missing', data, 0, revision, changed_at from snapshot where kind = 'user' limit 1"
        );
        Apple.Faults.MoveVersionWhilePaging = true;
        var outcome = await RestoreAsync();
        await RestatedAsync();

        var changed = ChangedIn(await SinceAsync(outcome));
        changed
            .Where(entry => entry.Change == "removed")
            .Select(entry => entry.Subject)
            .Order()
            .ShouldBe(["assignments/1/STDQ/serial:D0", "users/missing"]);
        (changed.Count - 2).ShouldBe(await RecordsAsync());
    }

    private async Task BeginAsync()
    {
        await FillAsync();
        await ImportAsync();
    }

    private async Task FillAsync()
    {
        Location.AddAsset("1");
        Location.AddSubscription(12345, renewing: 5);
        foreach (var user in Users)
        {
            Location.AddUser(user, managedAppleId: $"{user}@example.org");
        }

        await Location.AssociateAsync(["1"], Devices);
        await Location.AssociateSubscriptionsAsync([12345], Users[..2]);
    }

    private async Task<RestoreOutcome> RestoreAsync()
    {
        var outcome = await new RestoreRecovery(Store.Database).RunAsync(TestActor.Operator, CancellationToken.None);
        await RestartAsync();
        return outcome;
    }

    private async Task RestatedAsync()
    {
        for (var slots = 0; await PendingKindsAsync() > 0; slots++)
        {
            slots.ShouldBeLessThan(500, "the restatement does not end");
            await RunFullSyncSlotAsync();
        }
    }

    private async Task<IReadOnlyList<LocationRestated>> RestatedLocationAsync(RestoreOutcome outcome) =>
        [
            .. (await SinceAsync(outcome))
                .Where(entry => entry.Type == EventNames.LocationRestated)
                .Select(entry => DataOf(entry, entry.Type, EventJsonContext.Wire.LocationRestated)),
        ];

    private async Task ShouldBeAtAppleAsync()
    {
        var copy = new RevisionCopy();
        copy.Apply(await EventsAsync());
        copy.Lines(LocationId).ShouldBe(StateLines.Of(Location.ExportState()));
    }

    private Task<int> PendingKindsAsync() =>
        Store.ScalarAsync<int>("select count(*) from full_sync where restate_from is not null");

    private Task<IReadOnlyList<string>> DueAsync() =>
        Store.QueryAsync<string>("select kind from full_sync where due_at is not null order by kind");

    private Task<int> RecordsAsync() => Store.ScalarAsync<int>("select count(*) from snapshot where data is not null");

    private async Task<IReadOnlyList<EventEntry>> SinceAsync(RestoreOutcome outcome) =>
        [.. (await EventsAsync()).Where(entry => entry.Seq >= outcome.FirstEvent)];

    private static List<EventEntry> ChangedIn(IEnumerable<EventEntry> events) =>
        [.. events.Where(entry => entry.Type.EndsWith(".changed", StringComparison.Ordinal))];

    private static T DataOf<T>(
        EventEntry entry,
        string type,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json
    )
    {
        entry.Type.ShouldBe(type);
        return JsonSerializer.Deserialize(entry.Data, json)!;
    }

    private static string? FromRevisionOf(EventEntry entry) =>
        JsonElement.Parse(entry.Data).GetProperty("fromRevision").GetString();

    private static EventEntry Lost(EventEntry last, int place, string subject, string? record) =>
        new()
        {
            Epoch = last.Epoch,
            Seq = last.Seq + place,
            Topic = "assets",
            Type = subject.StartsWith("assets", StringComparison.Ordinal)
                ? EventNames.AssetChanged
                : EventNames.AssignmentChanged,
            LocationId = LocationId,
            Subject = subject,
            Data = System.Text.Encoding.UTF8.GetBytes($$"""{"before":null,"after":{{record ?? "null"}}}"""),
            Conflict = false,
            CreatedAt = At(0),
        };
}
