using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.CommandLine;

internal static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create(CommandRunner runner)
    {
        var serve = new Command(Name, "Receive, route and publish until told to stop, as without a command.");
        serve.SetAction((_, cancellationToken) => ServeAsync(runner.Settings, cancellationToken));
        return serve;
    }

    public static async Task<int> ServeAsync(string[] settings, CancellationToken cancellationToken)
    {
        var log = new StartLog();
        await using var app = HubApplication.Build(settings, log.Attach);
        await StartAsync(app, log, cancellationToken);
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCode.Ok;
    }

    private static async Task StartAsync(WebApplication app, StartLog log, CancellationToken cancellationToken)
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
                && SqliteOpenError.OfWrite(app.Services.GetRequiredService<Database>().Place, unavailable) is { } fault
            )
            {
                throw fault;
            }

            if (!IsOfListening(exception))
            {
                throw;
            }

            throw new CommandException(
                ExitCode.Failed,
                $"{exception.Message} Stop what listens there, or listen elsewhere with --urls=http://HOST:PORT."
            );
        }
    }

    private static bool IsOfListening(Exception exception) =>
        exception is SocketException or IOException { InnerException: AddressInUseException or AggregateException };
}
