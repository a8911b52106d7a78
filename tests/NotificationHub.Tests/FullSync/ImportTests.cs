using System.Globalization;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.FullSync;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.FullSync;

public sealed class ImportTests : FullSyncTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 10).Select(i => $"D{i}")];

    [Fact]
    public async Task All_records_are_read_once_as_baseline_and_the_end_is_reported()
    {
        await FillAsync();
        await ImportAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        var events = await EventsAsync();
        events.SkipLast(1).ShouldAllBe(entry => entry.Cause == "baseline" && entry.Change == "added");
        events[^1].Type.ShouldBe(EventNames.LocationImported);
        var imported = JsonSerializer.Deserialize(events[^1].Data, EventJsonContext.Wire.LocationImported)!;
        imported.Records["assignment"].ShouldBe(Devices.Length + 1);
        imported.Records["user"].ShouldBe(2);
        imported.FinishedAt.ShouldBeGreaterThan(imported.StartedAt);
    }

    [Fact]
    public async Task The_kinds_are_read_one_after_another()
    {
        await FillAsync();
        await ImportAsync();

        Apple
            .Requests.All.Select(request => request.Path)
            .Where(path => path != "/service/config")
            .Aggregate(new List<string>(), (order, path) => order.LastOrDefault() == path ? order : [.. order, path])
            .ShouldBe(["/assets", "/assignments", "/users", "/subscriptions", "/subscriptions/assignments"]);
    }

    [Fact]
    public async Task At_most_two_requests_are_sent_in_a_second()
    {
        await FillAsync();
        await ImportAsync();

        var sent = Apple.Requests.All.Where(request => request.Path != "/service/config").Select(request => request.At);
        foreach (var at in sent)
        {
            sent.Count(other => other >= at && other < at + TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo(2);
        }
    }

    [Fact]
    public async Task A_slow_response_does_not_reduce_the_rate()
    {
        await FillAsync();
        await ReadAssignmentPagesAsync(1);
        var nextAt = await NextRequestAsync();
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => Clock.Advance(TimeSpan.FromMilliseconds(300))));
        await ReadAssignmentPagesAsync(2);

        (await NextRequestAsync()).ShouldBe(nextAt + 500);
    }

    [Fact]
    public async Task After_a_restart_an_import_continues_at_the_same_page()
    {
        await FillAsync();
        while (Apple.Requests.Count("/assignments") < 2)
        {
            await RunFullSyncSlotAsync();
        }

        await RestartAsync();
        await ImportAsync();

        PagesOf("/assignments").ShouldBe([0, 1, 2, 3]);
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task After_a_restart_an_import_starts_over_if_the_version_has_changed()
    {
        await FillAsync();
        while (Apple.Requests.Count("/assignments") < 2)
        {
            await RunFullSyncSlotAsync();
        }

        Location.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        await RestartAsync();
        await ImportAsync();

        PagesOf("/assignments").ShouldBe([0, 1, 2, 0, 1, 2, 3]);
        (await CopyAsync()).Lines().ShouldNotContain("assignments/1/STDQ/serial:D0");
    }

    [Fact]
    public async Task A_record_that_moved_to_an_earlier_page_is_not_missed()
    {
        await FillAsync();
        await ReadAssignmentPagesAsync(1);
        Location.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        await ImportAsync();

        PagesOf("/assignments").ShouldBe([0, 1, 2, 3, 0, 1, 2, 3]);
        (await SnapshotAsync("assignment")).ShouldBe(Devices.Length);
    }

    [Fact]
    public async Task On_a_busy_location_assets_with_a_different_count_are_read_again()
    {
        await FillAsync();
        Apple.Faults.MoveVersionWhilePaging = true;
        while (await Store.ScalarAsync<int>("select count(*) from full_sync where phase = 'recounting'") == 0)
        {
            await RunFullSyncSlotAsync();
        }

        PagesOf("/assignments").Count(page => page == 0).ShouldBe(3);
        await Store.ExecuteAsync("delete from snapshot where key = '1/STDQ/serial:D5'");
        await ImportAsync();

        (await SnapshotAsync("assignment")).ShouldBe(Devices.Length + 1);
    }

    [Fact]
    public async Task Refetches_between_the_pages_do_not_restart_an_import()
    {
        await FillAsync();
        await ReadAssignmentPagesAsync(1);
        await RequestAsync(Assignments("1"));
        await DrainAsync();
        Apple.Requests.Clear();
        await ImportAsync();

        PagesOf("/assignments").ShouldBe([1, 2, 3]);
        Apple.Requests.Count("/users").ShouldBe(1);
    }

    [Fact]
    public async Task Each_full_sync_counts_its_own_records()
    {
        await FillAsync();
        await ImportAsync();
        var first = (await ProgressAsync()).FullSyncs.Select(fullSync => (fullSync.Records, fullSync.Pages)).ToList();
        await ReconcileAsync([.. RecordKind.All.Where(kind => kind != RecordKind.User)]);

        (await ProgressAsync()).FullSyncs.Select(fullSync => (fullSync.Records, fullSync.Pages)).ShouldBe(first);
    }

    [Fact]
    public async Task Only_a_failed_page_is_requested_again()
    {
        await FillAsync();
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => { }), Fault.Error(9602));
        await ImportAsync();

        PagesOf("/assignments").ShouldBe([0, 1, 1, 2, 3]);
    }

    [Fact]
    public async Task A_refetch_goes_before_the_next_page()
    {
        await FillAsync();
        await RunFullSyncSlotAsync();
        await RunFullSyncSlotAsync();
        await RequestAsync(Asset("1"));
        await DrainAsync();

        (await ImportedKindsAsync()).ShouldBe(1);
        Apple.Requests.All[^1].Query.ShouldContain("adamId=1");
    }

    [Fact]
    public async Task A_new_record_after_the_import_is_new_at_Apple()
    {
        await FillAsync();
        await ImportAsync();
        Location.AddAsset("2");
        await ReadAsync(Asset("2"));

        (await EventsAsync(EventNames.AssetChanged))[^1].Cause.ShouldBe("notification");
    }

    [Fact]
    public async Task A_kind_that_Apple_refuses_is_reported_once_and_the_others_are_imported_without_it()
    {
        await FillAsync();
        Apple.Faults.Next("/subscriptions", [.. Enumerable.Repeat(Fault.Error(9637), 7)]);
        while (await EventsAsync(EventNames.LocationImported) is [])
        {
            await RunFullSyncSlotAsync();
        }

        (await ProgressAsync()).Import.ShouldBe("done; not available: subscription");
        (await ImportedAsync()).NotAvailable.ShouldBe(["subscription"]);
        (await ImportedAsync()).Records.Keys.ShouldBe(
            ["asset", "assignment", "user", "subscription-assignment"],
            ignoreOrder: true
        );
        (await SnapshotAsync("subscription-assignment")).ShouldBe(1);
        var sent = Apple.Requests.Count("/subscriptions");
        var refusedAt = Clock.Milliseconds;
        while (Apple.Requests.Count("/subscriptions") == sent)
        {
            await RunFullSyncSlotAsync();
        }

        (Clock.Milliseconds - refusedAt).ShouldBeGreaterThan((long)TimeSpan.FromMinutes(50).TotalMilliseconds);
        await ImportAsync();
        (await EventsAsync(EventNames.RefetchFailed)).ShouldHaveSingleItem().Subject.ShouldBe("subscription");
        (await EventsAsync(EventNames.LocationImported)).Count.ShouldBe(2);
        (await ImportedAsync()).NotAvailable.ShouldBeEmpty();
        (await ProgressAsync()).Import.ShouldBe("done");
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(406)]
    [InlineData(451)]
    public async Task A_kind_with_web_pages_as_responses_is_skipped(int status)
    {
        await FillAsync();
        Apple.Faults.Next("/subscriptions", [.. Enumerable.Repeat(Fault.WebPage(status), Settings.MaxAttempts)]);
        for (var slots = 0; await EventsAsync(EventNames.LocationImported) is []; slots++)
        {
            slots.ShouldBeLessThan(100, "the import does not end");
            await RunFullSyncSlotAsync();
        }

        (await ImportedAsync()).NotAvailable.ShouldBe(["subscription"]);
    }

    [Fact]
    public async Task A_web_page_with_status_401_refuses_no_kind_before_another_one_is_read()
    {
        await FillAsync();
        Apple.Faults.Next("/assets", [.. Enumerable.Repeat(Fault.WebPage(401), Settings.MaxAttempts + 2)]);
        await ImportAsync();

        (await EventsAsync(EventNames.LocationImported)).ShouldHaveSingleItem();
        (await ImportedAsync()).NotAvailable.ShouldBeEmpty();
        (await StateAsync()).ShouldBe("valid");
    }

    [Fact]
    public async Task A_web_page_with_status_401_refuses_a_kind_once_another_one_is_read()
    {
        await FillAsync();
        await ImportAsync();
        var tries = Settings.MaxAttempts + 1;
        Apple.Faults.Next("/subscriptions", [.. Enumerable.Repeat(Fault.WebPage(401), tries)]);
        await Store.ExecuteAsync(
            "update full_sync set due_at = case when kind = 'subscription' then @Milliseconds end",
            new { Clock.Milliseconds }
        );
        for (var attempt = 1; attempt < tries; attempt++)
        {
            await RunFullSyncSlotAsync();
        }

        (await ProgressAsync()).FullSyncs[3].RefusedAt.ShouldBeNull("all kinds may be refused");
        await Store.ExecuteAsync(
            "update full_sync set finished_at = @now where kind = 'user'",
            new { now = Clock.Milliseconds }
        );
        await RunFullSyncSlotAsync();
        (await ProgressAsync()).FullSyncs[3].RefusedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Endless_empty_pages_do_not_continue_an_import()
    {
        await FillAsync();
        for (var plan = 0; plan < 7; plan++)
        {
            Location.AddSubscription(20_000 + plan, renewing: 1);
        }

        while (Apple.Requests.Count("/subscriptions") == 0)
        {
            await RunFullSyncSlotAsync();
        }

        await Store.ExecuteAsync("update full_sync set pages = 10000 where kind = 'subscription'");
        Apple.Faults.Next("/subscriptions", Fault.EmptyPage());
        await RunFullSyncSlotAsync();

        (await ProgressAsync()).FullSyncs[3].Error.ShouldNotBeNull();
        (await ProgressAsync()).FullSyncs[3].Pages.ShouldBe(0, "the read starts over");
        await ImportAsync();
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task The_progress_of_an_import_is_visible()
    {
        await FillAsync();
        while (Apple.Requests.Count("/assignments") < 2)
        {
            await RunFullSyncSlotAsync();
        }

        (await ProgressAsync()).Import.ShouldBe("1 of 5; assignment: 2 of 4 pages");
        await ImportAsync();
        (await ProgressAsync()).Import.ShouldBe("done");
        (await ProgressAsync()).FullSyncs.ShouldAllBe(fullSync =>
            fullSync.FinishedAt != null && fullSync.NextAt != null
        );
    }

    [Fact]
    public async Task Circular_cursors_do_not_continue_an_import()
    {
        await FillAsync();
        for (var plan = 0; plan < 7; plan++)
        {
            Location.AddSubscription(20_000 + plan, renewing: 1);
        }

        while (await ImportedKindsAsync() < 3)
        {
            await RunFullSyncSlotAsync();
        }

        Apple.Faults.RepeatCursor = true;
        for (var slot = 0; slot < 6; slot++)
        {
            await RunFullSyncSlotAsync();
        }

        (await ProgressAsync()).FullSyncs[3].Error.ShouldNotBeNull();
        Apple.Faults.RepeatCursor = false;
        await ImportAsync();
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    private async Task<LocationImported> ImportedAsync() =>
        JsonSerializer.Deserialize(
            (await EventsAsync(EventNames.LocationImported))[^1].Data,
            EventJsonContext.Wire.LocationImported
        )!;

    private async Task ReadAssignmentPagesAsync(int pages)
    {
        while (Apple.Requests.Count("/assignments") < pages)
        {
            await RunFullSyncSlotAsync();
        }
    }

    private Task<long> NextRequestAsync() => Store.ScalarAsync<long>("select min(due_at) from full_sync");

    private Task<int> SnapshotAsync(string kind) =>
        Store.ScalarAsync<int>("select count(*) from snapshot where kind = @kind and data is not null", new { kind });

    /// <summary>An asset with ten devices and a user, two users, and a subscription with an assigned seat.</summary>
    private async Task FillAsync()
    {
        Location.AddAsset("1");
        Location.AddUser("user-1", managedAppleId: "one@example.org");
        Location.AddUser("user-2");
        Location.AddSubscription(12345, renewing: 5);
        await Location.AssociateAsync(["1"], Devices, ["user-1"]);
        await Location.AssociateSubscriptionsAsync([12345], ["user-1"]);
        Apple.Requests.Clear();
    }

    private IEnumerable<int> PagesOf(string path) =>
        Apple
            .Requests.All.Where(request => request.Path == path)
            .Select(request => System.Web.HttpUtility.ParseQueryString(request.Query)["pageIndex"] ?? "0")
            .Select(index => int.Parse(index, CultureInfo.InvariantCulture));

    private async Task<LocationProgress> ProgressAsync()
    {
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        return (await LocationProgress.ReadAsync(connection, [LocationId]))[LocationId];
    }
}
