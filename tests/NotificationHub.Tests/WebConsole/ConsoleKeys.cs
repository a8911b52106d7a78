using NotificationHub.Tests.Auth;

namespace NotificationHub.Tests.WebConsole;

/// <summary>The admin keys of a hub in Production, where the console requires sign-in.</summary>
internal static class ConsoleKeys
{
    public const string Reading = "reading-key";
    public const string Operating = "operating-key";

    public static string[] Settings { get; } =
    [
        "environment=Production",
        "Console:Enabled=true",
        .. AdminHost.Key(0, "reader", Reading, "Read"),
        .. AdminHost.Key(1, "operator", Operating, "Operate"),
    ];
}
