using Polly;
using Polly.Retry;

namespace NotificationHub.Apple;

/// <summary>Retries after transient errors. The caller decides about all other errors.</summary>
internal static class Retries
{
    /// <summary>Reads of single pages. The caller schedules them, also after a 429.</summary>
    public static ResiliencePipeline ForPages(AppleClientOptions options, TimeProvider time) =>
        Create(options, time, options.MaxReadRetries, IsTemporary);

    /// <summary>Reads of whole lists, which also wait after a 429.</summary>
    public static ResiliencePipeline ForLists(AppleClientOptions options, TimeProvider time) =>
        new ResiliencePipelineBuilder()
            .AddPipeline(Create(options, time, options.MaxThrottleRetries, IsThrottled))
            .AddPipeline(ForPages(options, time))
            .Build();

    /// <summary>Writes, if Apple certainly did not start them.</summary>
    public static ResiliencePipeline ForWrites(AppleClientOptions options, TimeProvider time) =>
        Create(
            options,
            time,
            options.MaxThrottleRetries,
            error => IsThrottled(error) || error is { Kind: AppleErrorKind.Unavailable, IsOutcomeUnknown: false }
        );

    private static ResiliencePipeline Create(
        AppleClientOptions options,
        TimeProvider time,
        int maxRetries,
        Func<AppleException, bool> isRetried
    )
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (maxRetries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<AppleException>(error =>
                        isRetried(error) && (error.RetryAfter ?? TimeSpan.Zero) <= options.LongestRetryAfter
                    ),
                    MaxRetryAttempts = maxRetries,
                    Delay = options.RetryDelay,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    DelayGenerator = static attempt =>
                        ValueTask.FromResult((attempt.Outcome.Exception as AppleException)?.RetryAfter),
                }
            );
        }

        return builder.Build();
    }

    private static bool IsTemporary(AppleException error) =>
        error.Kind is AppleErrorKind.Network or AppleErrorKind.Unavailable or AppleErrorKind.Malformed;

    private static bool IsThrottled(AppleException error) => error.Kind == AppleErrorKind.Throttled;
}
