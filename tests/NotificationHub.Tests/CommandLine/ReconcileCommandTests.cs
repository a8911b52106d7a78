using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.CommandLine;

public sealed class ReconcileCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_dry_run_lists_what_differs_and_writes_nothing()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await ImportAsync(scene);
        Drift(scene);
        var before = await EventsAsync(scene.Hub);

        var run = await RunAsync(scene, location, "--dry-run", "--json");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Json.GetProperty("drifts")
            .EnumerateArray()
            .Select(drift => $"{drift.GetProperty("change")} {drift.GetProperty("key")}")
            .ShouldBe(["updated 1/STDQ", "added 1/STDQ/serial:D9", "removed 1/STDQ/serial:D0"], ignoreOrder: true);
        (await EventsAsync(scene.Hub)).ShouldBe(before);
    }

    [Fact]
    public async Task The_running_hub_tells_and_repairs_what_differs()
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
    }

    [Fact]
    public async Task A_location_that_is_not_there_is_told_so()
    {
        await using var hub = await HubHost.StartAsync();

        var run = await CommandRun.OnAsync(hub, "reconcile", "--location=nowhere", "--dry-run");

        run.ExitCode.ShouldBe(ExitCode.NotFound);
        run.Error.ShouldContain("nowhere");
    }

    private static int Drifts(JsonElement document, string resource) =>
        document
            .GetProperty("surveys")
            .EnumerateArray()
            .Single(survey => survey.GetProperty("resource").GetString() == resource)
            .GetProperty("drifts")
            .GetInt32();

    private static Task<CommandRun> RunAsync(RegistrationScene scene, string location, params string[] options) =>
        CommandRun.OnAsync(
            scene.Hub,
            ["reconcile", $"--location={location}", $"--Apple:BaseUrl={scene.Apple.BaseUrl}", .. options]
        );

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
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var appended = scene.Hub.Database.Pulses.EventsAppended.Next;
            if ((await EventsAsync(scene.Hub)).Contains("location.imported"))
            {
                return location;
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
