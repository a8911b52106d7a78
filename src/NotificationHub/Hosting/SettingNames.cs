namespace NotificationHub.Hosting;

/// <summary>A section whose name nothing reads, and the known one that it resembles, if any.</summary>
internal readonly record struct UnknownSection(string Name, string? Meant);

/// <summary>Finds settings that nothing reads: a misspelling must not pass for the default.</summary>
internal static class SettingNames
{
    private const int LargestSlip = 2;

    // Read by the host.
    private static readonly string[] HostSections =
    [
        "Logging",
        "Kestrel",
        "AllowedHosts",
        "urls",
        "environment",
        "http_ports",
        "https_ports",
        "ForwardedHeaders_Enabled",
    ];

    /// <summary>OpenTelemetry's own settings, of which there are many, and more with each version.</summary>
    private const string OpenTelemetryPrefix = "OTEL_";

    /// <summary>What is given on the command line is meant for the hub, so that nothing there may be unknown.</summary>
    public static void RefuseUnknownArguments(this HubBuilder hub, IEnumerable<string> args)
    {
        foreach (var arg in args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal)))
        {
            var setting = arg[2..].Split('=')[0];
            if (Judge(hub, setting.Split(':')[0]) is { } unknown)
            {
                hub.AddFault(
                    setting,
                    $"there is no section '{unknown.Name}'{(unknown.Meant is null ? "" : $"; did you mean '{unknown.Meant}'?")}"
                );
            }
        }
    }

    /// <summary>Sections in files and in the environment may be other programs'; those that resemble a known one are told of.</summary>
    public static IReadOnlyList<UnknownSection> FindMisspelt(this HubBuilder hub) =>
        [
            .. hub
                .Configuration.GetChildren()
                .Where(section => section.Value is null)
                .Select(section => Judge(hub, section.Key))
                .OfType<UnknownSection>()
                .Where(unknown => unknown.Meant is not null),
        ];

    private static UnknownSection? Judge(HubBuilder hub, string name)
    {
        string[] known = [.. hub.Sections, .. HostSections];
        if (
            known.Contains(name, StringComparer.OrdinalIgnoreCase)
            || name.StartsWith(OpenTelemetryPrefix, StringComparison.Ordinal)
        )
        {
            return null;
        }

        var nearest = known.MinBy(candidate => Distance(name, candidate))!;
        return new UnknownSection(name, Distance(name, nearest) <= LargestSlip ? nearest : null);
    }

    /// <summary>How many letters must be put in, left out or replaced to make the one of the other (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var same = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]);
                var replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
