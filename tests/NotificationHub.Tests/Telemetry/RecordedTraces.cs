using System.Collections.Concurrent;
using System.Diagnostics;
using NotificationHub.Telemetry;

namespace NotificationHub.Tests.Telemetry;

/// <summary>Records the hub's traces in the whole process.</summary>
internal sealed class RecordedTraces : IDisposable
{
    private readonly ConcurrentQueue<Activity> ended = new();
    private readonly ActivityListener listener;

    public RecordedTraces()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HubTraces.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public IReadOnlyCollection<Activity> Ended => ended;

    public void Dispose() => listener.Dispose();
}
