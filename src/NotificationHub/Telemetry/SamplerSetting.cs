using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace NotificationHub.Telemetry;

/// <summary>Reads <c>OTEL_TRACES_SAMPLER</c> and its argument, because the hub wraps that sampler in its own.</summary>
internal static class SamplerSetting
{
    public const string Name = "OTEL_TRACES_SAMPLER";
    public const string Argument = "OTEL_TRACES_SAMPLER_ARG";

    private const string ParentBased = "parentbased_";

    /// <summary>Ignores the prefix <c>parentbased_</c>: every trace starts in the hub.</summary>
    public static Sampler Read(IConfiguration configuration, Action<string, string> addError)
    {
        var name = configuration[Name] is { Length: > 0 } set ? set : "parentbased_always_on";
        var root = name.StartsWith(ParentBased, StringComparison.Ordinal) ? name[ParentBased.Length..] : name;
        switch (root)
        {
            case "always_on":
                return new AlwaysOnSampler();
            case "always_off":
                return new AlwaysOffSampler();
            case "traceidratio":
                return new ParentBasedSampler(
                    new LinkedSampler(new TraceIdRatioBasedSampler(ReadShare(configuration, addError)))
                );
            default:
                addError(
                    Name,
                    "must be always_on, always_off or traceidratio, optionally with the prefix parentbased_; remove it to record everything"
                );
                return new AlwaysOffSampler();
        }
    }

    private static double ReadShare(IConfiguration configuration, Action<string, string> addError)
    {
        if (configuration[Argument] is not { Length: > 0 } text)
        {
            return 1;
        }

        if (
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            && share is >= 0 and <= 1
        )
        {
            return share;
        }

        addError(Argument, "must be a number between 0 and 1, such as 0.1");
        return 0;
    }
}

/// <summary>Records traces with a link to a recorded trace, so that a traced delivery is traced to Service Bus. The configured sampler decides about others.</summary>
internal sealed class LinkedSampler(Sampler set) : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Links?.Any(IsRecorded) == true
            ? new SamplingResult(SamplingDecision.RecordAndSample)
            : set.ShouldSample(samplingParameters);

    private static bool IsRecorded(ActivityLink link) => link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
}
