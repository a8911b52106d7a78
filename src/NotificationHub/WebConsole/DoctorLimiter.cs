using System.Threading.RateLimiting;

namespace NotificationHub.WebConsole;

/// <summary>Limits how often the console runs the checks, which call Apple for every location.</summary>
internal sealed class DoctorLimiter : IDisposable
{
    public const int RunsPerMinute = 5;

    private readonly FixedWindowRateLimiter limiter = new(
        new FixedWindowRateLimiterOptions { PermitLimit = RunsPerMinute, Window = TimeSpan.FromMinutes(1) }
    );

    public bool TryAcquire()
    {
        using var lease = limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();
}
