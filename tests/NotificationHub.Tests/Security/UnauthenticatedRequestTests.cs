using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Security;

/// <summary>What a request without a valid credential may cost.</summary>
public sealed class UnauthenticatedRequestTests
{
    private const string Key = "consumer-key";

    private static readonly AsyncLocal<List<string>?> Current = new();

    [Fact]
    public async Task Requests_without_a_valid_credential_query_nothing()
    {
        await using var hub = await StartAsync();
        var location = await hub.AddLocationAsync();
        (string Method, string Path, string? Bearer)[] requests =
        [
            ("POST", location.Path, null),
            ("POST", location.Path, "wrong"),
            ("POST", "/notifications/unknown", "wrong"),
            ("POST", "/notifications/%27%3B%20drop%20table%20location", location.Secret),
            ("GET", location.Path, location.Secret),
            ("GET", "/events", null),
            ("GET", "/events", "wrong"),
            ("GET", "/events", location.Secret),
            ("GET", "/events?after=0&wait=60", "wrong"),
            ("GET", "/events/1-1", "wrong"),
            ("GET", $"/snapshot/{location.Id}/assets", "wrong"),
            ("GET", "/admin/locations", "wrong"),
            ("GET", "/admin/locations", Key),
            ("POST", "/admin/erasures", "wrong"),
            ("POST", "/operations", "wrong"),
            ("GET", "/health/detail", "wrong"),
            ("GET", "/health/live", null),
            ("GET", "/openapi/v1.json", "wrong"),
            ("GET", "/nowhere", null),
        ];

        foreach (var (method, path, bearer) in requests)
        {
            (await QueriesOfAsync(hub, method, path, bearer)).ShouldBeEmpty($"{method} {path} {bearer}");
        }

        (await QueriesOfAsync(hub, "GET", "/events", Key)).ShouldNotBeEmpty();
        (await QueriesOfAsync(hub, "POST", location.Path, location.Secret)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_connection_buffers_64_KiB_of_requests_at_most()
    {
        await using var hub = await HubHost.StartAsync();

        var limits = hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        // A client that does not read its responses fills this buffer with more requests.
        limits.MaxRequestBufferSize.ShouldBe(64 * 1024);
        limits.MaxResponseBufferSize.ShouldBe(64 * 1024);
    }

    private static async Task<IReadOnlyList<string>> QueriesOfAsync(
        HubHost hub,
        string method,
        string path,
        string? bearer
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
        request.Content = method == "POST" ? new StringContent(TestLocation.Notification("n-1")) : null;
        using var response = await hub.Http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return await hub.Services.GetRequiredService<Recording>().Last;
    }

    private static Task<HubHost> StartAsync() =>
        HubHost.StartAsync(
            builder =>
            {
                var recording = new Recording();
                builder.Services.AddSingleton(recording);
                builder.Services.AddSingleton<IStartupFilter>(recording);
                builder.Services.AddSingleton<Database>(services => new RecordingDatabase(
                    StorageSetup.Create(
                        services.GetRequiredService<IOptions<StorageOptions>>().Value,
                        TimeProvider.System
                    )
                ));
            },
            [
                "environment=Production",
                .. AdminHost.Key(0, "inventory", Key, "Consume"),
                .. AdminHost.Key(1, "pipeline", "operating-key", "Operate"),
            ]
        );

    /// <summary>Marks the hub's work for a request, to tell its queries from the queries of the stages.</summary>
    private sealed class Recording : IStartupFilter
    {
        private TaskCompletionSource<IReadOnlyList<string>> last = new();

        /// <summary>The queries of the last request.</summary>
        public Task<IReadOnlyList<string>> Last => last.Task;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    async (context, handle) =>
                    {
                        last = new(TaskCreationOptions.RunContinuationsAsynchronously);
                        var queries = Current.Value = [];
                        try
                        {
                            await handle(context);
                        }
                        finally
                        {
                            last.SetResult(queries);
                        }
                    }
                );
                next(app);
            };
    }

    private sealed class RecordingDatabase(Database inner) : DelegatingDatabase(inner)
    {
        public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
        {
            Current.Value?.Add("read");
            return base.OpenReaderAsync(cancellationToken);
        }

        public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
        {
            Current.Value?.Add("write");
            return base.WriteAsync(work, cancellationToken);
        }

        public override Task<AppendOutcome> AppendAsync(NotificationAppend append)
        {
            Current.Value?.Add("append");
            return base.AppendAsync(append);
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Inner.DisposeAsync();
        }
    }
}
