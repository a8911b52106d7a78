namespace NotificationHub.Tests.Crash;

/// <summary>Looks at the cursors again and again: none may ever go back or point behind the end of its log.</summary>
internal sealed class CursorWatch(HubDatabase database)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, long> last = new(StringComparer.Ordinal);

    public List<string> Faults { get; } = [];

    public int Looks { get; private set; }

    /// <summary>Watches until <paramref name="end"/> has come.</summary>
    public async Task WatchAsync(Task end)
    {
        while (!end.IsCompleted)
        {
            await LookAsync();
            await Task.WhenAny(end, Task.Delay(Interval));
        }
    }

    private async Task LookAsync()
    {
        var cursors = await database.QueryAsync<(string Name, long Position, long End)>(
            """
            select name, position,
                case name
                    when 'routing' then (select max(seq) from notification_log)
                    else (select max(seq) from event_log)
                end
            from log_cursor
            """
        );
        Looks++;
        foreach (var (name, position, end) in cursors)
        {
            var before = last.GetValueOrDefault(name);
            if (position < before || position > end)
            {
                Faults.Add($"{name}: from {before} to {position}, and the log ends at {end}");
            }

            last[name] = position;
        }
    }
}
