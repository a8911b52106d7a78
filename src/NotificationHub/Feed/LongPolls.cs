using Microsoft.Extensions.Options;

namespace NotificationHub.Feed;

/// <summary>
/// Limits the requests that wait for events. Each holds a connection and reads the log whenever it grows, and one consumer must not starve
/// the others.
/// </summary>
internal sealed class LongPolls(IOptions<FeedOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> byConsumer = new(StringComparer.Ordinal);
    private int total;

    /// <summary>Counts a request of the consumer until the result is disposed.</summary>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="refusal">The status code if the result is null.</param>
    public IDisposable? TryBegin(string consumer, out int refusal)
    {
        lock (gate)
        {
            var ofConsumer = byConsumer.GetValueOrDefault(consumer);
            refusal =
                ofConsumer >= options.Value.MaxLongPollsPerConsumer ? StatusCodes.Status429TooManyRequests
                : total >= options.Value.MaxLongPolls ? StatusCodes.Status503ServiceUnavailable
                : 0;
            if (refusal != 0)
            {
                return null;
            }

            byConsumer[consumer] = ofConsumer + 1;
            total++;
            return new LongPoll(this, consumer);
        }
    }

    private void End(string consumer)
    {
        lock (gate)
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
