using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NotificationHub.Feed;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Feed;

/// <summary>Waiting and slow consumers on a real socket, and a hub without a shutdown timeout.</summary>
public sealed class FeedStopTests
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_waiting_consumer_gets_a_response_when_the_hub_stops()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await StartAsync(() => arrived.TrySetResult());
        var waiting = hub.Http.GetStringAsync("/events?wait=60");
        await arrived.Task.WaitAsync(TestTimeout);

        await hub.StopAsync().WaitAsync(TestTimeout / 2);

        (await waiting).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_blocked_consumer_does_not_delay_shutdown_and_its_partial_snapshot_fails()
    {
        await using var hub = await StartAsync(() => { });
        await AddRecordsAsync(hub);
        using var response = await hub.Http.GetAsync("/snapshot/north/asset", HttpCompletionOption.ResponseHeadersRead);
        response.Headers.Contains(FeedHeaders.Sequence).ShouldBeTrue();

        await hub.StopAsync().WaitAsync(TestTimeout / 2);

        await Should.ThrowAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
    }

    private static Task<HubHost> StartAsync(Action requestArrived) =>
        HubHost.StartAsync(builder =>
        {
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
            builder.Services.PostConfigure<KestrelServerOptions>(kestrel => kestrel.Limits.MinResponseDataRate = null);
            builder.Services.AddSingleton<IStartupFilter>(new Arrivals(requestArrived));
        });

    // Far more data than the socket buffers hold.
    private static Task AddRecordsAsync(HubHost hub) =>
        hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                    values ('north', 'valid', 0, 1, 0, 0)
                    """
                );
                await transaction.ExecuteAsync(
                    """
                    with recursive n (i) as (select 1 union all select i + 1 from n where i < 400)
                    insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
                    select 'north', 'asset', printf('%06d', i), printf('"%.*c"', 100000, 'x'), 1, 1, 0 from n
                    """
                );
            },
            CancellationToken.None
        );

    private sealed class Arrivals(Action arrived) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (context, following) =>
                    {
                        arrived();
                        return following(context);
                    }
                );
                next(app);
            };
    }
}
