namespace NotificationHub.Apple;

/// <summary>Address, time limits and retries. The defaults suit Apple's service.</summary>
public sealed class AppleClientOptions
{
    /// <summary>
    /// Root of the management API, including the version. It must be https. Plain http is accepted for loopback only,
    /// because every request carries the content token.
    /// </summary>
    public Uri BaseUrl { get; set; } = new("https://vpp.itunes.apple.com/mdm/v2");

    /// <summary>Time limit for one request, including its response.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Maximum length of a response after decompression, in bytes. A longer one is a <see cref="AppleErrorKind.Protocol"/> error.</summary>
    public int MaxResponseBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How often a read is retried after a network error, a 5xx or a malformed response.</summary>
    public int MaxReadRetries { get; set; } = 2;

    /// <summary>
    /// How often a write is retried after a 429 or another error that proves that Apple did not start it, and a read of a
    /// whole list after a 429. Page-wise reads leave a 429 to the caller.
    /// </summary>
    public int MaxThrottleRetries { get; set; } = 5;

    /// <summary>Delay before the first retry. It doubles, with jitter, for each further retry.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest <c>Retry-After</c> that a call waits for. After a longer one, the error is thrown at once.</summary>
    public TimeSpan LongestRetryAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time between two polls of one event; at least 30 seconds, except for a loopback address. Apple: Event Status.
    /// </summary>
    public TimeSpan EventPollInterval { get; set; } = MinEventPollInterval;

    /// <summary>How long to wait for the end of an event. Apple: Subscribing to Notifications (ten minutes).</summary>
    public TimeSpan EventTimeout { get; set; } = TimeSpan.FromMinutes(10);

    internal const string EventPollRequirement =
        "must be at least 30 seconds, or longer than zero with a base address on loopback.";

    internal static TimeSpan MinEventPollInterval { get; } = TimeSpan.FromSeconds(30);

    internal bool IsEventPollIntervalAllowed =>
        EventPollInterval > TimeSpan.Zero
        && (EventPollInterval >= MinEventPollInterval || BaseUrl is { IsLoopback: true });

    /// <summary>How long a Service Config is used. Apple: Service Config (refresh every five minutes).</summary>
    public TimeSpan ServiceConfigLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time limit for reading Service Config. Other calls wait for the first read only.</summary>
    public TimeSpan ServiceConfigTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The query of a metadata lookup. <c>{ids}</c> stands for Apple's IDs with commas between them, <c>{country}</c> for the
    /// country code in lower case. Apple does not document the parameters, so the default is an assumption.
    /// </summary>
    public string MetadataQuery { get; set; } = "id={ids}&cc={country}";

    /// <summary>The <c>User-Agent</c> of each request.</summary>
    public string UserAgent { get; set; } = "NotificationHub";
}
