namespace NotificationHub.WebConsole.Parts;

/// <summary>How much attention a state needs.</summary>
public enum Tone
{
    Neutral,
    Good,
    Busy,
    Warning,
    Bad,
}
