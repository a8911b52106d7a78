using System.Text.Json;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Diagnostics;

/// <summary>Runs <c>doctor</c> for a hub with one registered location, a simulated Apple and a local Service Bus.</summary>
internal sealed class DoctorScene : IAsyncDisposable
{
    private readonly RegistrationScene scene;

    private DoctorScene(RegistrationScene scene, LocalServiceBus bus, string locationId)
    {
        this.scene = scene;
        Bus = bus;
        LocationId = locationId;
    }

    public LocalServiceBus Bus { get; }

    public SimulatedApple Apple => scene.Apple;

    public SimulatedLocation Library => scene.Library;

    public string LocationId { get; }

    public string KeyRing => Path.Combine(scene.Hub.Folder, "keys");

    /// <summary>The hub does not publish, so that only <c>doctor</c> connects to the Service Bus.</summary>
    public static async Task<DoctorScene> StartAsync(params string[] settings)
    {
        var bus = await LocalServiceBus.StartAsync();
        var scene = await RegistrationScene.StartAsync(options: null, settings);
        return new DoctorScene(scene, bus, (await scene.RegisterAsync()).LocationId);
    }

    public Task<CommandRun> RunAsync(params string[] settings) =>
        CommandRun.OnAsync(
            scene.Hub,
            [
                "doctor",
                "--json",
                $"--Apple:BaseUrl={Apple.BaseUrl}",
                $"--ServiceBus:ConnectionString={Bus.ConnectionString}",
                .. settings,
            ]
        );

    /// <summary>The only failure of the check, or about the subject.</summary>
    public async Task<JsonElement> FailureAsync(string check, params string[] settings)
    {
        var run = await RunAsync(settings);
        run.ExitCode.ShouldBe(1);
        var failure = DiagnosticResultsOf(run, "failed")
            .Single(result => result.GetProperty("check").GetString() == check);
        failure.GetProperty("advice").GetString().ShouldNotBeNullOrEmpty();
        return failure;
    }

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        scene.Hub.Database.WriteAsync(transaction => transaction.ExecuteAsync(sql, parameters), CancellationToken.None);

    public Task<long> CountKeysAsync() =>
        scene.Hub.Database.WriteAsync(
            transaction => transaction.ScalarAsync<long>("select count(*) from data_protection_key"),
            CancellationToken.None
        );

    public Task<IReadOnlyList<string>> AuditedAsync() =>
        scene.Hub.Database.WriteAsync(
            transaction =>
                transaction.QueryAsync<string>(
                    "select action || ': ' || location_id || ', ' || subject from audit_entry"
                ),
            CancellationToken.None
        );

    public Task PointAppleAtAsync(string hub) =>
        ExecuteAsync("update location set notification_url = @url", new { url = $"{hub}/notifications/{LocationId}" });

    public static IReadOnlyList<JsonElement> DiagnosticResultsOf(CommandRun run, string status) =>
        [
            .. run
                .Json.GetProperty("results")
                .EnumerateArray()
                .Where(result => result.GetProperty("status").GetString() == status),
        ];

    public async ValueTask DisposeAsync()
    {
        await scene.DisposeAsync();
        await Bus.DisposeAsync();
    }
}

internal static class DiagnosticResultReading
{
    public static string Found(this JsonElement result) => result.GetProperty("found").GetString()!;

    public static string Advice(this JsonElement result) => result.GetProperty("advice").GetString()!;

    public static string? Subject(this JsonElement result) => result.GetProperty("subject").GetString();
}
