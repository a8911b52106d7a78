namespace NotificationHub.CommandLine;

/// <summary>Suppresses the host's stack traces about a failed start; the command reports the failure in one line.</summary>
internal sealed class StartupFailureFilter
{
    private const string Category = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile LogLevel minimum = LogLevel.Critical;

    public void Attach(WebApplicationBuilder host)
    {
        // A filter for one category replaces the general level, which the operator sets.
        var configured = host.Configuration.GetValue<LogLevel?>("Logging:LogLevel:Default") ?? LogLevel.Information;
        host.Logging.AddFilter(Category, level => level >= configured && level >= minimum);
    }

    /// <summary>Call after a successful start: failures of stages are then logged.</summary>
    public void Open() => minimum = LogLevel.Trace;

    /// <summary>Call after a failed start: the cancellation of the stages is not worth logging.</summary>
    public void Close() => minimum = LogLevel.None;
}
