using Microsoft.Extensions.Options;

namespace NotificationHub.Apple;

/// <summary>Finds all errors of the options at once.</summary>
internal sealed class AppleClientOptionsValidator : IValidateOptions<AppleClientOptions>
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public ValidateOptionsResult Validate(string? name, AppleClientOptions options)
    {
        var errors = Errors(options).Select(error => $"{nameof(AppleClientOptions)}.{error}").ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(AppleClientOptions options)
    {
        if (!BaseAddress.IsSafe(options.BaseUrl))
        {
            yield return $"{nameof(options.BaseUrl)} {BaseAddress.Requirement}";
        }

        if (!options.IsEventPollIntervalAllowed)
        {
            yield return $"{nameof(options.EventPollInterval)} {AppleClientOptions.EventPollRequirement}";
        }

        (string Name, TimeSpan Value)[] limits =
        [
            (nameof(options.RequestTimeout), options.RequestTimeout),
            (nameof(options.ServiceConfigTimeout), options.ServiceConfigTimeout),
            (nameof(options.ServiceConfigLifetime), options.ServiceConfigLifetime),
            (nameof(options.EventTimeout), options.EventTimeout),
        ];
        foreach (
            var (limit, value) in limits.Where(limit => limit.Value <= TimeSpan.Zero || limit.Value > LongestTimer)
        )
        {
            yield return $"{limit} must be longer than zero and at most {LongestTimer.Days} days, but is {value}.";
        }

        (string Name, TimeSpan Value)[] delays =
        [
            (nameof(options.RetryDelay), options.RetryDelay),
            (nameof(options.LongestRetryAfter), options.LongestRetryAfter),
        ];
        foreach (
            var (delay, value) in delays.Where(delay =>
                delay.Value < TimeSpan.Zero || delay.Value > TimeSpan.FromDays(1)
            )
        )
        {
            yield return $"{delay} must be between zero and one day, but is {value}.";
        }

        if (options.MaxResponseBytes < 1)
        {
            yield return $"{nameof(options.MaxResponseBytes)} must be at least 1, but is {options.MaxResponseBytes}.";
        }

        (string Name, int Value)[] retries =
        [
            (nameof(options.MaxReadRetries), options.MaxReadRetries),
            (nameof(options.MaxThrottleRetries), options.MaxThrottleRetries),
        ];
        foreach (var (retry, value) in retries.Where(retry => retry.Value < 0))
        {
            yield return $"{retry} must not be negative, but is {value}.";
        }

        if (!options.MetadataQuery.Contains("{ids}", StringComparison.Ordinal))
        {
            yield return $"{nameof(options.MetadataQuery)} must contain {{ids}}.";
        }

        if (string.IsNullOrWhiteSpace(options.UserAgent) || options.UserAgent.Any(char.IsControl))
        {
            yield return $"{nameof(options.UserAgent)} must be a text of one line.";
        }
    }
}

/// <summary>What a base address must be, because every request carries the content token.</summary>
internal static class BaseAddress
{
    public const string Requirement =
        "must be https (or http on a loopback address), without user, query and fragment.";

    public static bool IsSafe(Uri? url) =>
        url is { IsAbsoluteUri: true, UserInfo: "", Query: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
