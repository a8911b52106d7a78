namespace NotificationHub.Hosting;

internal readonly record struct UnknownSection(string Name, string? Suggestion);

/// <summary>Finds unknown settings, because a misspelled one would silently keep its default.</summary>
internal static class SettingNames
{
    private const int MaxDistance = 2;

    // The host reads these.
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

    /// <summary>OpenTelemetry has many settings, and each version adds more.</summary>
    private const string OpenTelemetryPrefix = "OTEL_";

    /// <summary>Rejects unknown sections on the command line, where every setting is meant for the hub.</summary>
    public static void RejectUnknownArguments(this HubBuilder hub, IEnumerable<string> args)
    {
        foreach (var arg in args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal)))
        {
            var setting = arg[2..].Split('=')[0];
            if (Find(hub, setting.Split(':')[0]) is { } unknown)
            {
                hub.AddError(
                    setting,
                    $"unknown section '{unknown.Name}'{(unknown.Suggestion is null ? "" : $"; did you mean '{unknown.Suggestion}'?")}"
                );
            }
        }
    }

    /// <summary>Finds unknown sections with a similar known name. Others may belong to other programs.</summary>
    public static IReadOnlyList<UnknownSection> FindMisspelled(this HubBuilder hub) =>
        [
            .. hub
                .Configuration.GetChildren()
                .Where(section => section.Value is null)
                .Select(section => Find(hub, section.Key))
                .OfType<UnknownSection>()
                .Where(unknown => unknown.Suggestion is not null),
        ];

    private static UnknownSection? Find(HubBuilder hub, string name)
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
        return new UnknownSection(name, Distance(name, nearest) <= MaxDistance ? nearest : null);
    }

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
