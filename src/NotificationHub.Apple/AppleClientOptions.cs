namespace NotificationHub.Apple;

/// <summary>Where Apple is and how patiently it is asked. The defaults fit Apple's own service.</summary>
public sealed class AppleClientOptions
{
    /// <summary>
    /// Root of the management API, version included. Must be https; plain http is accepted for loopback addresses only,
    /// because every request carries the content token.
    /// </summary>
    public Uri BaseUrl { get; set; } = new("https://vpp.itunes.apple.com/mdm/v2");

    /// <summary>How long one request may take, from its first byte to the last byte of the answer.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest answer that is read, in bytes after decompression; a longer one is a <see cref="AppleErrorKind.Protocol"/> error.</summary>
    public int MaxResponseBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How often a read is repeated after a network error, a 5xx or a malformed response before the error is passed on. Writes are never repeated.</summary>
    public int MaxReadRetries { get; set; } = 2;

    /// <summary>Wait before the first repetition of a read; it doubles, with jitter, for each further one.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A <c>Retry-After</c> longer than this is not waited for inside a call: the error is passed on at once.</summary>
    public TimeSpan LongestRetryAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one Service Config is used. Apple: Service Config (refresh every five minutes).</summary>
    public TimeSpan ServiceConfigLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one reading of Service Config may take. Other calls wait for the first one only.</summary>
    public TimeSpan ServiceConfigTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Sent as <c>User-Agent</c>.</summary>
    public string UserAgent { get; set; } = "NotificationHub";
}
