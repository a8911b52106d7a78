using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// Tells when posts for a known location go on being refused: a secret that Apple holds and the hub does not costs every
/// notification. One event a period at most, because a stranger can cause them.
/// </summary>
internal sealed partial class UnauthorizedDeliveryReporter(
    Database database,
    LocationCredentialCache gates,
    IOptions<IntakeOptions> options,
    TimeProvider time,
    ILogger<UnauthorizedDeliveryReporter> logger
) : PeriodicWorker("report unauthorized deliveries", options.Value.RefusalPeriod, time, logger)
{
    /// <summary>Looks at what was refused since the last look, and appends an event for each location where it was too much.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        foreach (var gate in gates.All)
        {
            var refused = gate.TakeRefused();
            if (refused >= options.Value.UnauthorizedThreshold)
            {
                Log.Refused(Logger, gate.LocationId, refused, options.Value.RefusalPeriod);
                await AppendEventAsync(gate.LocationId, refused, cancellationToken);
            }
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);

    private Task AppendEventAsync(string locationId, long refused, CancellationToken cancellationToken) =>
        database.WriteAsync(
            transaction =>
            {
                var now = Time.GetUtcNow();
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
    }
}
