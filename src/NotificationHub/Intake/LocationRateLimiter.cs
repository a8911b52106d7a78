using System.Globalization;

namespace NotificationHub.Intake;

// The generic cell rate algorithm: one number is the time at which all deliveries so far are paid for. It needs no lock and no timer,
// because every delivery passes here.
internal sealed class LocationRateLimiter(int perSecond, TimeProvider time)
{
    private const int BurstSeconds = 10;

    private readonly long perDelivery = Math.Max(1, time.TimestampFrequency / perSecond);
    private readonly long burst = BurstSeconds * time.TimestampFrequency;
    private long paidUntil = time.GetTimestamp();

    /// <summary>Charges one delivery, or returns the seconds until the next one is allowed.</summary>
    public bool TryTake(out string retryAfter) => TryTake(1, out retryAfter);

    /// <summary>Charges several deliveries as soon as one is allowed; the deficit delays later deliveries.</summary>
    public bool TryTake(int deliveries, out string retryAfter)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var before = Interlocked.Read(ref paidUntil);
            var start = Math.Max(before, now);
            var missing = start + perDelivery - now - burst;
            if (missing > 0)
            {
                retryAfter = Math.Ceiling((double)missing / time.TimestampFrequency)
                    .ToString(CultureInfo.InvariantCulture);
                return false;
            }

            if (Interlocked.CompareExchange(ref paidUntil, start + (deliveries * perDelivery), before) == before)
            {
                retryAfter = "";
                return true;
            }
        }
    }

    public void Return(int deliveries) => Interlocked.Add(ref paidUntil, -deliveries * perDelivery);
}
