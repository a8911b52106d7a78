using Polly;
using Polly.Retry;

namespace NotificationHub.Apple;

/// <summary>Retries a read after transient errors. The caller decides about all other errors.</summary>
internal static class ReadRetries
{
    public static ResiliencePipeline Create(AppleClientOptions options, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.MaxReadRetries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<AppleException>(exception =>
                        MayPass(exception, options)
                    ),
                    MaxRetryAttempts = options.MaxReadRetries,
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

    private static bool MayPass(AppleException exception, AppleClientOptions options) =>
        exception.Kind is AppleErrorKind.Network or AppleErrorKind.Unavailable or AppleErrorKind.Malformed
        && (exception.RetryAfter ?? TimeSpan.Zero) <= options.LongestRetryAfter;
}
