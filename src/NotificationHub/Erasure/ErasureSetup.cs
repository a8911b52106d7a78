using NotificationHub.Hosting;

namespace NotificationHub.Erasure;

internal static class ErasureSetup
{
    public static void AddErasure(this HubBuilder hub)
    {
        hub.Services.AddSingleton<ErasureRun>();
        hub.Services.AddSingleton<ErasureService>();
        hub.Services.AddWorker<ErasureWorker>();
    }
}

internal sealed class ErasureWorker(ErasureService erasure, TimeProvider time, ILogger<ErasureWorker> logger)
    : PeriodicWorker("continue an erasure", TimeSpan.FromSeconds(15), time, logger, runsAtStart: true, LogLevel.Error)
{
    protected override Task RunAsync(CancellationToken cancellationToken) => erasure.ResumeAsync(cancellationToken);
}
