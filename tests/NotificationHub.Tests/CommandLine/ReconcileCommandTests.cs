using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.CommandLine;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.CommandLine;

public sealed class ReconcileCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_dry_run_lists_differences_and_writes_nothing()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        Drift(scene);
        await ExecuteAsync(
            scene,
            "insert into content_metadata (country, adam_id, name, expires_at) values ('CH', '1', 'Keynote', 0), ('DE', '1', 'Other', 1)"
        );
        var before = await EventsAsync(scene.Hub);

        var run = await RunAsync(scene, location, "--dry-run", "--json");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Json.GetProperty("drifts")
            .EnumerateArray()
            .Select(drift => $"{drift.GetProperty("change")} {drift.GetProperty("key")} {drift.GetProperty("name")}")
            .ShouldBe(
                ["updated 1/STDQ Keynote", "added 1/STDQ/serial:D9 Keynote", "removed 1/STDQ/serial:D0 Keynote"],
                ignoreOrder: true
            );
        (await EventsAsync(scene.Hub)).ShouldBe(before);
    }

    [Fact]
    public async Task The_running_hub_publishes_and_repairs_differences()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        Drift(scene);

        var run = await RunAsync(scene, location, "--json");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        Drifts(run.Json, "asset").ShouldBe(1);
        Drifts(run.Json, "assignment").ShouldBe(2);
        (await RunAsync(scene, location, "--dry-run")).ExitCode.ShouldBe(ExitCode.Ok);
        (await scene.ScalarAsync<string>("select outcome from audit_entry where action = 'reconcile'")).ShouldBe(
            "succeeded"
        );
    }

    [Fact]
    public async Task No_reconciliation_is_requested_before_the_import_is_complete()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        await ExecuteAsync(scene, "update full_sync set imported_at = null where kind = 'user'");
        var before = await scene.ScalarAsync<long>("select sum(due_at) from full_sync");

        var run = await RunAsync(scene, location);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("not imported yet");
        (await scene.ScalarAsync<long>("select sum(due_at) from full_sync")).ShouldBe(before);
    }

    [Fact]
    public async Task A_reconciliation_that_cannot_run_is_rejected_with_the_reason()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);

        (await RunAsync(scene, location, "--FullSync:Enabled=false")).Error.ShouldContain("FullSync:Enabled");
        await ExecuteAsync(scene, "update location set paused_until = 32503680000000");
        var paused = await RunAsync(scene, location);
        paused.ExitCode.ShouldBe(ExitCode.Failed);
        paused.Error.ShouldContain("3000-01-01");
    }

    [Fact]
    public async Task The_removal_of_the_location_ends_the_wait()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        var fullSyncs = scene.Hub.Services.GetRequiredService<ReconcileRequest>();
        var order = new RequestedReconciliations(location, ["asset"], DateTimeOffset.MaxValue);
        await ExecuteAsync(scene, "delete from full_sync");
        await ExecuteAsync(scene, "update location set state = 'removed', content_token = null");

        var fault = await Should.ThrowAsync<LocationException>(() =>
            fullSyncs.WaitAsync(order, CancellationToken.None)
        );

        fault.Message.ShouldContain("removed");
    }

    [Fact]
    public async Task The_admin_API_requests_a_reconciliation()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        Drift(scene);

        using var response = await scene.Hub.Http.PostAsync($"/admin/locations/{location}/reconcile", content: null);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await WaitForAsync(scene, "reconcile.drift-found");
    }

    [Fact]
    public async Task A_dry_run_without_the_key_ring_reports_the_missing_keys()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        await ExecuteAsync(scene, "update location set content_token = x'00'");

        var run = await RunAsync(scene, location, "--dry-run");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("KeyRing settings");
    }

    [Fact]
    public async Task A_dry_run_reads_all_users()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        scene.Apple.Requests.Clear();

        var run = await RunAsync(scene, location, "--dry-run", "--kind=user");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        scene.Apple.Requests.All.Single(request => request.Path == "/users").Query.ShouldNotContain("sinceVersionId");
    }

    [Fact]
    public async Task An_unknown_location_gives_exit_code_3()
    {
        await using var hub = await HubHost.StartAsync();

        var run = await CommandRun.OnAsync(hub, "reconcile", "--location=nowhere", "--dry-run");

        run.ExitCode.ShouldBe(ExitCode.NotFound);
        run.Error.ShouldContain("nowhere");
    }

    private static int Drifts(JsonElement document, string kind) =>
        document
            .GetProperty("fullSyncs")
            .EnumerateArray()
            .Single(fullSync => fullSync.GetProperty("kind").GetString() == kind)
            .GetProperty("drifts")
            .GetInt32();

    private static Task<CommandRun> RunAsync(RegistrationScene scene, string location, params string[] options) =>
        CommandRun.OnAsync(
            scene.Hub,
            ["reconcile", $"--location={location}", $"--Apple:BaseUrl={scene.Apple.BaseUrl}", .. options]
        );

    private static Task ExecuteAsync(RegistrationScene scene, string sql) =>
        scene.Hub.Database.WriteAsync(transaction => transaction.ExecuteAsync(sql), CancellationToken.None);

    private static void Drift(RegistrationScene scene) =>
        scene.Library.Silently(change =>
        {
            change.ChangeTotal(new("1", "STDQ"), 5);
            change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D0"));
            change.Associate(new("1", "STDQ"), AssignmentTarget.Device("D9"));
        });

    /// <summary>Registers a location with an asset and three assignments of it, and waits until it is imported.</summary>
    private static async Task<string> ImportAsync(RegistrationScene scene)
    {
        scene.Library.AddAsset("1");
        await scene.Library.AssociateAsync(["1"], ["D0", "D1", "D2"]);
        var location = (await scene.RegisterAsync()).LocationId;
        await WaitForAsync(scene, "location.imported");
        return location;
    }

    private static async Task WaitForAsync(RegistrationScene scene, string type)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var appended = scene.Hub.Database.Signals.EventsAppended.Next;
            if ((await EventsAsync(scene.Hub)).Contains(type))
            {
                return;
            }

            await appended.WaitAsync(patience.Token);
        }
    }

    private static async Task<IReadOnlyList<string>> EventsAsync(HubHost hub)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var events = await EventLog.ReadPageAsync(connection, 0, new EventFilter(), 1000, CancellationToken.None);
        return [.. events.Select(entry => entry.Type)];
    }
}
