using System.Diagnostics;
using OpenTelemetry.Trace;

namespace NotificationHub.Telemetry;

/// <summary>Records traces with a link to a recorded trace, so that a traced delivery is traced to Service Bus. The configured sampler decides about others.</summary>
internal sealed class LinkedSampler(Sampler set) : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Links?.Any(IsRecorded) == true
            ? new SamplingResult(SamplingDecision.RecordAndSample)
            : set.ShouldSample(samplingParameters);

    private static bool IsRecorded(ActivityLink link) => link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
}
