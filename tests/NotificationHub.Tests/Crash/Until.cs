using System.Diagnostics;

namespace NotificationHub.Tests.Crash;

/// <summary>Polls for an effect in another process, which sends no signal.</summary>
internal static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    public static Task TrueAsync(Func<bool> condition, string what) =>
        TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException($"Timed out after {Limit.TotalSeconds} seconds: {what}.");
            }

            await Task.Delay(Interval);
        }
    }
}
