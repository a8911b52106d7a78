using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Storage;

public sealed class DatabaseStartupTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("/health/ready")]
    [InlineData("/notifications/AAAAAAAAAAAAAAAA")]
    [InlineData("/admin/locations")]
    public async Task While_the_database_cannot_be_opened_a_request_gets_503(string path)
    {
        await using var locked = await LockAsync();
        await using var starting = await StartAsync();

        using var response = await starting.Http.PostAsync(path, new StringContent("{}"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
        (await starting.Http.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_hub_starts_its_workers_when_the_database_can_be_opened()
    {
        await using var locked = await LockAsync();
        await using var starting = await StartAsync();
        await starting.Retry;

        await locked.DisposeAsync();
        await starting.Started;

        (await starting.Http.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await starting.Http.PostAsync("/notifications/AAAAAAAAAAAAAAAA", new StringContent("{}"))).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized
        );
    }

    [Fact]
    public async Task A_hub_that_waits_for_its_database_stops_at_once()
    {
        await using var locked = await LockAsync();
        await using var starting = await StartAsync();

        starting.App.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await Should.ThrowAsync<OperationCanceledException>(() => starting.Started);
    }

    [Fact]
    public async Task A_worker_that_fails_stops_the_hub()
    {
        await using var starting = await StartAsync(services => services.AddWorker(_ => new FailingWorker()));

        await starting.App.WaitForShutdownAsync();

        starting.Log.Text.ShouldContain("The worker FailingWorker failed; the hub stops.");
    }

    public void Dispose() => folder.Dispose();

    private async Task<SqliteConnection> LockAsync()
    {
        var connection = new SqliteConnection($"Data Source={folder.File("hub.db")};Pooling=False");
        await connection.OpenAsync();
        using var command = connection.CreateCommand();
        command.CommandText = "begin exclusive";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task<StartingHub> StartAsync(Action<IServiceCollection>? configure = null)
    {
        var log = new LogLines();
        var retry = log.Next("Could not open the database; responding 503 to deliveries.");
        var app = HubApplication.Build(
            [
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
                "--Storage:LockTimeout=00:00:00",
                "--Hosting:DrainDelay=00:00:00",
                "--urls=http://127.0.0.1:0",
            ],
            host =>
            {
                host.Logging.AddProvider(log);
                configure?.Invoke(host.Services);
            }
        );
        var started = app.StartAsync();
        await Until.TrueAsync(
            () => app.Urls.Any(url => !url.EndsWith(":0", StringComparison.Ordinal)),
            "the hub listens"
        );
        return new StartingHub(app, started, retry, log);
    }

    private sealed record StartingHub(WebApplication App, Task Started, Task Retry, LogLines Log) : IAsyncDisposable
    {
        public HttpClient Http { get; } = new() { BaseAddress = new Uri(App.Urls.Single()) };

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await App.StopAsync();
            await App.DisposeAsync();
        }
    }

    private sealed class FailingWorker : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("This worker fails.");
        }
    }
}
