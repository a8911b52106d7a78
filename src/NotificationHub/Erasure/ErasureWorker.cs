using NotificationHub.Hosting;

namespace NotificationHub.Erasure;

/// <summary>Finishes purges that were cut off, such as by the end of the process that was at it.</summary>
internal sealed class ErasureWorker(ErasureService erasure, TimeProvider time, ILogger<ErasureWorker> logger)
    : PeriodicWorker("continue an erasure", TimeSpan.FromSeconds(15), time, logger)
{
    protected override bool RunsAtStart => true;

    protected override LogLevel FailureLevel => LogLevel.Error;

    protected override Task RunAsync(CancellationToken cancellationToken) => erasure.ResumeAsync(cancellationToken);
}
