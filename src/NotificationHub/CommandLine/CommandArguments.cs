using System.Text.RegularExpressions;

namespace NotificationHub.CommandLine;

/// <summary>The command line, divided into settings and a command with its own arguments.</summary>
// Settings: .NET configuration (`--Section:Key=value`, `--Section:Key value`), the host's `--urls`, `--environment`, `--allowedHosts`,
// `--http_ports` and `--https_ports`, OpenTelemetry's `--OTEL_…` and Azure Monitor's `--APPLICATIONINSIGHTS_…`.
internal sealed partial record CommandArguments(string[] Settings, string[] Others)
{
    public static CommandArguments Parse(IReadOnlyList<string> args)
    {
        List<string> settings = [];
        List<string> others = [];
        for (var i = 0; i < args.Count; i++)
        {
            var match = Setting().Match(args[i]);
            if (match.Groups["value"].Success)
            {
                settings.Add(args[i]);
            }
            else if (match.Success && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                settings.Add($"{args[i]}={args[++i]}");
            }
            else
            {
                others.Add(args[i]);
            }
        }

        return new CommandArguments([.. settings], [.. others]);
    }

    [GeneratedRegex(
        @"^--(\w[\w.-]*(:[\w.-]+)+|OTEL_\w+|APPLICATIONINSIGHTS_\w+|urls|environment|allowedhosts|https?_ports)(?<value>=.*)?$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline
    )]
    private static partial Regex Setting();
}
