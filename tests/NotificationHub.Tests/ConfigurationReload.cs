using System.Runtime.CompilerServices;

namespace NotificationHub.Tests;

internal static class ConfigurationReload
{
    // Each hub would watch its settings files, and Linux allows a user only 128 watchers. A hub that crashed in a test keeps its own.
    [ModuleInitializer]
    internal static void Disable() =>
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
}
