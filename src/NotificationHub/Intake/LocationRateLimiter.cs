using System.Globalization;

namespace NotificationHub.Intake;

/// <summary>
/// A location's share of the intake, as one number: the time at which everything it has posted would be paid for
/// (the generic cell rate algorithm). No lock and no timer, because every post passes here.
/// </summary>
internal sealed class LocationRateLimiter(int perSecond, TimeProvider time)
{
    private const int SavedSeconds = 10;

    private readonly long perPost = Math.Max(1, time.TimestampFrequency / perSecond);
    private readonly long saved = SavedSeconds * time.TimestampFrequency;
    private long paidUntil = time.GetTimestamp();

    /// <summary>Takes one post's share; where there is none left, says in how many seconds there will be.</summary>
    public bool TryTake(out string retryAfter) => TryTake(1, out retryAfter);

    /// <summary>Charges several posts as soon as one is available; the deficit delays later posts.</summary>
    public bool TryTake(int posts, out string retryAfter)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var before = Interlocked.Read(ref paidUntil);
            var start = Math.Max(before, now);
            var missing = start + perPost - now - saved;
            if (missing > 0)
            {
                retryAfter = Math.Ceiling((double)missing / time.TimestampFrequency)
                    .ToString(CultureInfo.InvariantCulture);
                return false;
            }

            if (Interlocked.CompareExchange(ref paidUntil, start + (posts * perPost), before) == before)
            {
                retryAfter = "";
                return true;
            }
        }
    }

    /// <summary>Returns charged posts that were not needed.</summary>
    public void GiveBack(int posts) => Interlocked.Add(ref paidUntil, -posts * perPost);
}
