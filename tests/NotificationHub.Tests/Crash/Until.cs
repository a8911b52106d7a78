using System.Diagnostics;

namespace NotificationHub.Tests.Crash;

/// <summary>Waits for what another process does: it can be seen, but sends no signal.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    public static Task TrueAsync(Func<bool> condition, string what) =>
        TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"It did not happen within {Patience.TotalSeconds} seconds: {what}.");
            }

            await Task.Delay(Interval);
        }
    }
}
