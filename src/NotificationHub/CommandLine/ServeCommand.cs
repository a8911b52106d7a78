using System.CommandLine;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.CommandLine;

internal static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create(CommandRunner runner)
    {
        var serve = new Command(Name, "Run the service until SIGTERM or Ctrl+C. This is the default.");
        serve.SetAction((_, cancellationToken) => ServeAsync(runner.Settings, cancellationToken));
        return serve;
    }

    public static async Task<int> ServeAsync(string[] settings, CancellationToken cancellationToken)
    {
        var log = new StartupFailureFilter();
        await using var app = HubApplication.Build(settings, log.Attach);
        await StartAsync(app, log, cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCode.Ok;
    }

    private static async Task StartAsync(
        WebApplication app,
        StartupFailureFilter log,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await app.StartAsync(cancellationToken);
            log.Open();
        }
        catch (Exception exception)
        {
            log.Close();
            if (
                exception is StorageUnavailableException unavailable
                && SqliteOpenError.FromWrite(app.Services.GetRequiredService<Database>().DisplayName, unavailable)
                    is { } error
            )
            {
                throw error;
            }

            if (
                ListenError.Find(exception, app.Services.GetRequiredService<ListenSettings>().Addresses) is
                { } listenError
            )
            {
                throw listenError;
            }

            throw;
        }
    }
}

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
