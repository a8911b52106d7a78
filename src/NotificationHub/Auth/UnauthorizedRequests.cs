namespace NotificationHub.Auth;

// Counts and logs requests with an invalid key or token: the first immediately, later ones as one line a minute. So a client that guesses
// keys cannot flood the log, even from many addresses.
internal sealed partial class UnauthorizedRequests(
    AccessMetrics metrics,
    TimeProvider time,
    ILogger<UnauthorizedRequests> logger
) : IDisposable
{
    /// <summary>The values of the metric's <c>api</c>.</summary>
    public const string Admin = "admin";

    public const string Consumers = "consumers";

    public const string Console = "console";

    private readonly Summary[] summaries =
    [
        new(Admin, time, logger),
        new(Consumers, time, logger),
        new(Console, time, logger),
    ];

    public void Record(string api, HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.Authorization.Count > 0 || headers.ContainsKey(ApiKey.Header))
        {
            Count(api, context);
        }
    }

    /// <summary>Counts an attempt to sign in to the console.</summary>
    public void RecordSignIn(HttpContext context) => Count(Console, context);

    private void Count(string api, HttpContext context)
    {
        metrics.CountUnauthorized(api);
        summaries
            .Single(summary => summary.Api == api)
            .Add(context.Connection.RemoteIpAddress?.ToString() ?? "an unknown address");
    }

    public void Dispose()
    {
        foreach (var summary in summaries)
        {
            summary.Dispose();
        }
    }

    private sealed class Summary(string api, TimeProvider time, ILogger logger) : IDisposable
    {
        private const int MaxAddresses = 8;
        private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

        private readonly Lock gate = new();
        private readonly HashSet<string> addresses = new(StringComparer.Ordinal);
        private long count;
        private bool hasMore;
        private ITimer? timer;

        public string Api => api;

        public void Add(string address)
        {
            lock (gate)
            {
                count++;
                if (addresses.Count < MaxAddresses)
                {
                    addresses.Add(address);
                }
                else
                {
                    hasMore |= !addresses.Contains(address);
                }

                if (timer is null)
                {
                    Write();
                }
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                timer?.Dispose();
            }
        }

        private void EndPeriod()
        {
            lock (gate)
            {
                timer?.Dispose();
                timer = null;
                if (count > 0)
                {
                    Write();
                }
            }
        }

        private void Write()
        {
            Log.Unauthorized(logger, count, api, string.Join(", ", addresses) + (hasMore ? " and others" : ""));
            addresses.Clear();
            (count, hasMore) = (0, false);
            timer = time.CreateTimer(_ => EndPeriod(), state: null, Period, Timeout.InfiniteTimeSpan);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Count} requests to the {Api} API presented an invalid key or token; responded 401. Addresses: {Addresses}."
        )]
        public static partial void Unauthorized(ILogger logger, long count, string api, string addresses);
    }
}
