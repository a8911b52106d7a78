using Microsoft.Extensions.Options;
using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.Feed;

internal static class FeedSetup
{
    public static void AddFeed(this HubBuilder hub)
    {
        hub.AddOptions(FeedOptions.Section, new FeedOptionsValidator());
        hub.Services.AddSingleton<LongPolls>();
        hub.Services.AddSingleton<EventFeed>();
        hub.Services.AddSingleton<SnapshotFeed>();
        hub.Services.AddSingleton<ConsumerStatusReader>();
    }

    public static void MapFeed(this WebApplication app)
    {
        if (app.Services.GetRequiredService<ApiAccessRules>().Feed == ApiAccess.None)
        {
            return;
        }

        var feed = app.MapGroup("")
            .RequireAuthorization(HubPolicies.Consume)
            .ServeOn(ListenerRoutes.Public)
            .AcceptOnlyDeclaredInput();
        feed.MapEventFeed();
        feed.MapSnapshots();
        feed.MapConsumerStatus();
        feed.MapSchemas();
    }
}

/// <summary>Limits the requests that wait for events, so that one consumer cannot starve the others.</summary>
internal sealed class LongPolls(IOptions<FeedOptions> options)
{
    private readonly Lock sync = new();
    private readonly Dictionary<string, int> byConsumer = new(StringComparer.Ordinal);
    private int total;

    /// <summary>Counts a request until the result is disposed; null if a limit is reached.</summary>
    public IDisposable? TryBegin(string consumer, out int rejectionStatus)
    {
        lock (sync)
        {
            var consumerCount = byConsumer.GetValueOrDefault(consumer);
            rejectionStatus =
                consumerCount >= options.Value.MaxLongPollsPerConsumer ? StatusCodes.Status429TooManyRequests
                : total >= options.Value.MaxLongPolls ? StatusCodes.Status503ServiceUnavailable
                : 0;
            if (rejectionStatus != 0)
            {
                return null;
            }

            byConsumer[consumer] = consumerCount + 1;
            total++;
            return new LongPoll(this, consumer);
        }
    }

    private void End(string consumer)
    {
        lock (sync)
        {
            total--;
            if (--byConsumer[consumer] == 0)
            {
                byConsumer.Remove(consumer);
            }
        }
    }

    private sealed class LongPoll(LongPolls polls, string consumer) : IDisposable
    {
        public void Dispose() => polls.End(consumer);
    }
}
