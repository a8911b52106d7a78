using System.Diagnostics;
using OpenTelemetry.Trace;

namespace NotificationHub.Telemetry;

/// <summary>
/// Records what takes up something that was recorded, so that a post that is traced is traced to the bus; of the rest the sampler that
/// is set decides.
/// </summary>
internal sealed class LinkedSampler(Sampler set) : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Links?.Any(IsRecorded) == true
            ? new SamplingResult(SamplingDecision.RecordAndSample)
            : set.ShouldSample(samplingParameters);

    private static bool IsRecorded(ActivityLink link) => link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
}
