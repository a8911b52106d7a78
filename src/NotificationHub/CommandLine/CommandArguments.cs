using System.Text.RegularExpressions;

namespace NotificationHub.CommandLine;

/// <summary>
/// The command line, parted: settings of .NET configuration (<c>--Section:Key=value</c>, <c>--Section:Key value</c>, the host's
/// <c>--urls</c>, <c>--environment</c>, <c>--allowedHosts</c>, <c>--http_ports</c>, <c>--https_ports</c>, OpenTelemetry's <c>--OTEL_…</c> and
/// Azure Monitor's <c>--APPLICATIONINSIGHTS_…</c>) and everything else, which has to be a command's own.
/// </summary>
internal sealed partial record CommandArguments(string[] Settings, string[] Others)
{
    public static CommandArguments Of(IReadOnlyList<string> args)
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
