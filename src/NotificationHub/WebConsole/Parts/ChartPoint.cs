namespace NotificationHub.WebConsole.Parts;

/// <param name="Value">Null if it is not known.</param>
public readonly record struct ChartPoint(DateTimeOffset At, double? Value);
