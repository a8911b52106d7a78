namespace NotificationHub.Tests;

internal static class TestTime
{
    /// <summary>A time in Unix milliseconds, as the database stores it.</summary>
    public static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
