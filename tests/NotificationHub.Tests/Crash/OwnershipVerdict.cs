using System.Globalization;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.Crash;

/// <summary>Judges, by what the database kept of its leases and the bus of its sends, whether there ever were two owners.</summary>
internal sealed class OwnershipVerdict(
    IReadOnlyList<Takeover> takeovers,
    IReadOnlyList<LocalTopic> topics,
    IReadOnlyList<Act> acts
)
{
    /// <summary>How often a lease went from one owner to another without being given back.</summary>
    public int TakenOver => takeovers.Count(change => IsTaken(change) && change.OldOwner is not null);

    public void ShouldBeClean()
    {
        takeovers
            .Where(change => IsTaken(change) && change.Number != change.OldNumber + 1)
            .ShouldBeEmpty("each owner has a number of its own");
        takeovers
            .Where(change =>
                IsTaken(change)
                && change.OldOwner is not null
                && change.OldOwner != change.Owner
                && change.OldExpiresAt > change.At
            )
            .ShouldBeEmpty("taken while another held it");
        topics.SelectMany(FindStepsBack).ShouldBeEmpty("sent out of order without a takeover");
    }

    private static bool IsTaken(Takeover change) => change.Owner is not null && change.Number != change.OldNumber;

    /// <summary>
    /// An owner sends on or, after a failure, again; never what comes before. One that was paused between its last look at the lease
    /// and the send may be late: what it sends then was sent by its successor, too.
    /// </summary>
    private IEnumerable<string> FindStepsBack(LocalTopic topic)
    {
        var tenures = takeovers.Where(change => IsTaken(change) && change.Name == $"publishing:{topic.Name}").ToList();
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
        acts.Any(act =>
            act.Name == Mayhem.Paused
            && act.Ended.ToUnixTimeMilliseconds() is var resumed
            && resumed <= at
            && resumed >= (tenure?.At ?? 0)
        );

    private static long SeqOf(string messageId) => long.Parse(messageId.Split('-')[1], CultureInfo.InvariantCulture);
}
