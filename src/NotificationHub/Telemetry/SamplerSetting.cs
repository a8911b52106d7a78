using System.Globalization;
using OpenTelemetry.Trace;

namespace NotificationHub.Telemetry;

/// <summary><c>OTEL_TRACES_SAMPLER</c> and its argument, read here because the hub has a sampler of its own around it.</summary>
internal static class SamplerSetting
{
    public const string Name = "OTEL_TRACES_SAMPLER";
    public const string Argument = "OTEL_TRACES_SAMPLER_ARG";

    private const string ParentBased = "parentbased_";

    /// <summary>Every trace begins in the hub, so that it makes no difference whether the sampler is based on a parent.</summary>
    public static Sampler Read(IConfiguration configuration, Action<string, string> addFault)
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
                    new LinkedSampler(new TraceIdRatioBasedSampler(ReadShare(configuration, addFault)))
                );
            default:
                addFault(
                    Name,
                    "must be always_on, always_off or traceidratio, or one of these behind parentbased_; leave it out to record everything"
                );
                return new AlwaysOffSampler();
        }
    }

    private static double ReadShare(IConfiguration configuration, Action<string, string> addFault)
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

        addFault(Argument, "must be a share between 0 and 1, such as 0.1");
        return 0;
    }
}
