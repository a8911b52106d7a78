using NotificationHub.Apple;
using NotificationHub.Simulator.Apple;
using SimulatedAppleTest = NotificationHub.Tests.Simulator.Apple.AppleTest;

namespace NotificationHub.Tests.Apple;

/// <summary>The simulated Apple counts the requests of a location and returns 429 above its limit.</summary>
public sealed class FullSpeedSimulatorTests : SimulatedAppleTest
{
    private const int Limit = 20;
    private const int Parallel = 5;

    internal override SimulatedAppleOptions Options => new() { TimeProvider = Clock, RequestsPerSecond = Limit };

    [Fact]
    public async Task The_client_at_full_speed_never_exceeds_the_limit_of_the_simulated_Apple()
    {
        Location.AddAsset("1");
        using var http = new HttpClient(AppleClient.CreateHandler());
        // Without time limits, every pending timer belongs to a waiting request.
        var options = new AppleClientOptions
        {
            BaseUrl = Apple.BaseUrl,
            RequestTimeout = Timeout.InfiniteTimeSpan,
            ServiceConfigTimeout = Timeout.InfiniteTimeSpan,
        };
        using var client = new AppleClient(http, options, Clock);
        await client.GetServiceConfigAsync(default);
        using var rate = new RequestRate(Clock, maxParallel: Parallel);
        using var stop = new CancellationTokenSource();
        var token = NotificationHub.Apple.ContentToken.Parse(Location.ContentTokenFile);
        var workers = Enumerable
            .Range(0, 8)
            .Select(_ => WorkAsync(new AppleSession(client, token, rate), stop.Token))
            .ToList();

        for (var millisecond = 0; millisecond < 3_000; millisecond++)
        {
            await Clock.TimersPending(Parallel);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var requests = Apple.Requests.All.Where(request => request.Path == "/assets").ToList();
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        requests.Count.ShouldBeGreaterThan(3 * Limit * 9 / 10);
        requests.ShouldAllBe(request => request.Status == 200);
        Apple.Violations.ShouldBeEmpty();
    }

    private static async Task WorkAsync(AppleSession session, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await session.ListAssetsAsync().CountAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
