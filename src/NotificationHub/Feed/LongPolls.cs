using Microsoft.Extensions.Options;

namespace NotificationHub.Feed;

/// <summary>Limits the requests that wait for events, so that one consumer cannot starve the others.</summary>
internal sealed class LongPolls(IOptions<FeedOptions> options)
{
    private readonly Lock sync = new();
    private readonly Dictionary<string, int> byConsumer = new(StringComparer.Ordinal);
    private int total;

    /// <summary>Counts a request until the result is disposed; null if a limit is reached.</summary>
    /// <param name="rejectionStatus">HTTP status code if the result is null.</param>
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
