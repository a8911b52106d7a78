using Microsoft.Extensions.Logging.Console;

namespace NotificationHub.Hosting;

/// <summary>Validates the settings of .NET's logging, which otherwise ends the process with a stack trace.</summary>
internal static class LoggingSettings
{
    private const string Section = "Logging";

    private static readonly Type[] ConsoleOptions =
    [
        typeof(ConsoleLoggerOptions),
        typeof(SimpleConsoleFormatterOptions),
        typeof(JsonConsoleFormatterOptions),
    ];

    public static void RejectInvalidLogging(this HubBuilder hub)
    {
        var logging = hub.Configuration.GetSection(Section);
        foreach (var levels in logging.GetChildren().Select(provider => provider.GetSection("LogLevel")))
        {
            Reject(hub, levels, _ => typeof(LogLevel?));
        }

        Reject(hub, logging.GetSection("LogLevel"), _ => typeof(LogLevel?));
        var console = logging.GetSection("Console");
        Reject(hub, console, FindOption);
        Reject(hub, console.GetSection("FormatterOptions"), FindOption);
    }

    private static void Reject(HubBuilder hub, IConfigurationSection section, Func<string, Type?> typeOf)
    {
        foreach (var child in section.GetChildren())
        {
            foreach (var (name, error) in typeOf(child.Key) is { } type ? SettingValues.FindErrors(type, child) : [])
            {
                hub.AddError(name, error);
            }
        }
    }

    // Other settings are left to .NET, which ignores unknown ones.
    private static Type? FindOption(string name) =>
        ConsoleOptions
            .Select(options => SettingValues.FindMember(options, name))
            .FirstOrDefault(type => type is not null);
}
