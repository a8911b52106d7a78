using System.Globalization;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Crash;

/// <summary>Checks, from the history of the leases and of the sends, that a stage never had two owners at a time.</summary>
internal sealed class OwnershipCheck(
    IReadOnlyList<Takeover> takeovers,
    IReadOnlyList<LocalTopic> topics,
    IReadOnlyList<InjectedFailure> failures
)
{
    /// <summary>How many leases changed their owner without a release.</summary>
    public int TakeoverCount => takeovers.Count(change => IsAcquired(change) && change.OldOwner is not null);

    /// <summary>How often the lease of a stage was acquired.</summary>
    public int OwnerCount(string name) => takeovers.Count(change => IsAcquired(change) && change.Name == name);

    public void ShouldHaveOneOwner()
    {
        takeovers
            .Where(change => IsAcquired(change) && change.FencingToken != change.OldFencingToken + 1)
            .ShouldBeEmpty("each takeover increments the fencing token");
        takeovers
            .Where(change =>
                IsAcquired(change)
                && change.OldOwner is not null
                && change.OldOwner != change.Owner
                && change.OldExpiresAt > change.At
            )
            .ShouldBeEmpty("acquired while another owner held the lease");
        topics.SelectMany(FindOutOfOrderSends).ShouldBeEmpty("an owner sends in the order of the log");
    }

    private static bool IsAcquired(Takeover change) =>
        change.Owner is not null && change.FencingToken != change.OldFencingToken;

    /// <summary>
    /// Finds messages that an owner sent after later ones. It may repeat its last batch after a failure. A replica that was paused
    /// between checking its lease and sending may be late: its successor has sent the same messages.
    /// </summary>
    private IEnumerable<string> FindOutOfOrderSends(LocalTopic topic)
    {
        var tenures = takeovers
            .Where(change => IsAcquired(change) && change.Name == $"publishing:{topic.Name}")
            .ToList();
        var (tenure, last) = (default(Takeover), 0L);
        foreach (var send in topic.Sends)
        {
            var at = send.At.ToUnixTimeMilliseconds();
            var now = tenures.FindLast(change => change.At <= at);
            var first = SeqOf(send.MessageIds[0]);
            if (now != tenure)
            {
                (tenure, last) = (now, first);
            }
            else if (first >= last)
            {
                last = first;
            }
            else if (!WasResumedSince(tenure, at))
            {
                yield return $"{topic.Name}: {first} after {last} at {send.At:HH:mm:ss.fff} under {tenure}";
            }
        }
    }

    private bool WasResumedSince(Takeover? tenure, long at) =>
        failures.Any(failure =>
            failure.Name == FailureInjector.Paused
            && failure.Finished.ToUnixTimeMilliseconds() is var resumed
            && resumed <= at
            && resumed >= (tenure?.At ?? 0)
        );

    private static long SeqOf(string messageId) => long.Parse(messageId.Split('-')[1], CultureInfo.InvariantCulture);
}
