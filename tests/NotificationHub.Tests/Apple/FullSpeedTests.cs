using System.Text;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

/// <summary>The limit of a location holds for all of its sessions together, in every second.</summary>
public sealed class FullSpeedTests
{
    private const int Parallel = 5;

    [Theory]
    [InlineData("""{"limits":{}}""", 15)]
    [InlineData("""{"limits":{"maxRequestPerSecond":7}}""", 7)]
    [InlineData("""{"limits":{"maxRequestPerSecond":40}}""", 40)]
    public async Task The_client_at_full_speed_never_exceeds_Apples_limit_in_any_second(string serviceConfig, int limit)
    {
        var clock = new ManualClock();
        var apple = new RecordingApple(clock, serviceConfig);
        using var http = new HttpClient(apple);
        // Without time limits, every pending timer belongs to a waiting request.
        var options = new AppleClientOptions
        {
            RequestTimeout = Timeout.InfiniteTimeSpan,
            ServiceConfigTimeout = Timeout.InfiniteTimeSpan,
        };
        using var client = new AppleClient(http, options, clock);
        await client.GetServiceConfigAsync(default);
        using var rate = new RequestRate(clock, maxParallel: Parallel);
        using var stop = new CancellationTokenSource();
        var token = ContentToken.Parse(Convert.ToBase64String("""{"expDate":"2030-11-08T22:33:22+0000"}"""u8));
        var workers = Enumerable
            .Range(0, 9)
            .Select(i => WorkAsync(new AppleSession(client, token, rate), isWriter: i % 3 == 0, stop.Token))
            .ToList();

        for (var millisecond = 0; millisecond < 10_000; millisecond++)
        {
            await clock.TimersPending(Parallel);
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        var times = apple.Times.Order().ToList();
        times
            .Zip(times.Skip(limit), (first, next) => next - first)
            .ShouldAllBe(span => span >= TimeSpan.FromSeconds(1));
        times.Count.ShouldBeGreaterThan(9 * limit);
    }

    private static async Task WorkAsync(AppleSession session, bool isWriter, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (isWriter)
                {
                    await session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }, cancellationToken);
                }
                else
                {
                    await session.ListAssetsAsync().CountAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private sealed class RecordingApple(TimeProvider time, string serviceConfig) : HttpMessageHandler
    {
        private readonly Lock sync = new();

        public List<DateTimeOffset> Times { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var isConfig = request.RequestUri!.AbsolutePath.EndsWith("/config", StringComparison.Ordinal);
            lock (sync)
            {
                Times.AddRange(isConfig ? [] : [time.GetUtcNow()]);
            }

            var body =
                isConfig ? serviceConfig
                : request.Method == HttpMethod.Post ? """{"eventId":"e-1"}"""
                : """{"assets":[{"adamId":"1"}]}""";
            return Task.FromResult(
                new HttpResponseMessage
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                    RequestMessage = request,
                }
            );
        }
    }
}
