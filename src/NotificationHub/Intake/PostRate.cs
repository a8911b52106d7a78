using System.Globalization;

namespace NotificationHub.Intake;

/// <summary>
/// A location's share of the intake, as one number: the time at which everything it has posted would be paid for
/// (the generic cell rate algorithm). No lock and no timer, because every post passes here.
/// </summary>
internal sealed class PostRate(int perSecond, TimeProvider time)
{
    private const int SavedSeconds = 10;

    private readonly long perPost = Math.Max(1, time.TimestampFrequency / perSecond);
    private readonly long saved = SavedSeconds * time.TimestampFrequency;
    private long paidUntil = time.GetTimestamp();

    /// <summary>Takes one post's share; where there is none left, says in how many seconds there will be.</summary>
    public bool TryTake(out string retryAfter)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var before = Interlocked.Read(ref paidUntil);
            var after = Math.Max(before, now) + perPost;
            if (after - now > saved)
            {
                retryAfter = Math.Ceiling((double)(after - now - saved) / time.TimestampFrequency)
                    .ToString(CultureInfo.InvariantCulture);
                return false;
            }

            if (Interlocked.CompareExchange(ref paidUntil, after, before) == before)
            {
                retryAfter = "";
                return true;
            }
        }
    }
}
