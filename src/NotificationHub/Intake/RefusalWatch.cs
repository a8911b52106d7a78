using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// Tells when posts for a known location go on being refused: a secret that Apple holds and the hub does not costs every
/// notification. One event a period at most, because a stranger can cause them.
/// </summary>
internal sealed partial class RefusalWatch(
    Database database,
    LocationGates gates,
    IOptions<IntakeOptions> options,
    TimeProvider time,
    ILogger<RefusalWatch> logger
) : BackgroundService
{
    /// <summary>Looks at what was refused since the last look, and appends an event for each location where it was too much.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        foreach (var gate in gates.All)
        {
            var refused = gate.TakeRefused();
            if (refused >= options.Value.RefusalThreshold)
            {
                Log.Refused(logger, gate.LocationId, refused, options.Value.RefusalPeriod);
                await AppendEventAsync(gate.LocationId, refused, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RefusalPeriod, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ReportAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Whatever it was, the next period is looked at: an exception that leaves here would end the hub.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotReported(logger, exception);
            }
        }
    }

    private Task AppendEventAsync(string locationId, long refused, CancellationToken cancellationToken) =>
        database.WriteAsync(
            transaction =>
            {
                var now = time.GetUtcNow();
                transaction.AppendEvents([
                    NewEvent.Create(
                        EventNames.LocationRefused,
                        locationId,
                        subject: null,
                        new LocationRefused { Count = refused, Since = now - options.Value.RefusalPeriod },
                        EventJsonContext.Wire.LocationRefused,
                        now.ToUnixTimeMilliseconds()
                    ),
                ]);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Refused} posts for location {LocationId} were refused within {Period}: their secret is not accepted."
        )]
        public static partial void Refused(ILogger logger, string locationId, long refused, TimeSpan period);

        [LoggerMessage(LogLevel.Warning, "Refused posts could not be reported now.")]
        public static partial void NotReported(ILogger logger, Exception exception);
    }
}
