namespace NotificationHub.Tests;

/// <summary>Tests that listen to all traces or meters of the process: nothing else runs at the same time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessTelemetry
{
    public const string Name = "process telemetry";
}
