namespace NotificationHub.CommandLine;

/// <summary>
/// Holds back the host's own word on a start that fails, which is a page of traces: the command tells of it in a line. What
/// befalls a stage afterwards is logged as ever.
/// </summary>
internal sealed class StartLog
{
    private const string Category = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile LogLevel least = LogLevel.Critical;

    public void Attach(WebApplicationBuilder host)
    {
        // A rule for one category stands in for the general level, which is the operator's.
        var lowest = host.Configuration.GetValue<LogLevel?>("Logging:LogLevel:Default") ?? LogLevel.Information;
        host.Logging.AddFilter(Category, level => level >= lowest && level >= least);
    }

    /// <summary>The hub has started.</summary>
    public void Open() => least = LogLevel.Trace;

    /// <summary>The start has failed: that the stages are cancelled now is no news.</summary>
    public void Close() => least = LogLevel.None;
}
