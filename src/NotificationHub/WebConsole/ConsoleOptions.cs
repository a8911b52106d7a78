namespace NotificationHub.WebConsole;

internal sealed class ConsoleOptions
{
    public const string Section = "Console";

    /// <summary>Whether the hub serves <c>/console</c>; if null, in Development only.</summary>
    public bool? Enabled { get; set; }
}
