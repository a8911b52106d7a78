using System.Threading.RateLimiting;

namespace NotificationHub.WebConsole;

/// <summary>Limits the attempts to sign in, for each address and in total.</summary>
internal sealed class SignInLimiter : IDisposable
{
    public const int AttemptsPerAddress = 10;
    private const int Attempts = 100;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<HttpContext> limiter = PartitionedRateLimiter.CreateChained(
        Create(context => context.Connection.RemoteIpAddress?.ToString() ?? "", AttemptsPerAddress),
        Create(_ => "", Attempts)
    );

    public bool TryAcquire(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(context);
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();

    private static PartitionedRateLimiter<HttpContext> Create(Func<HttpContext, string> keyOf, int attempts) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context =>
            RateLimitPartition.GetFixedWindowLimiter(
                keyOf(context),
                _ => new FixedWindowRateLimiterOptions { PermitLimit = attempts, Window = Period }
            )
        );
}
