namespace NotificationHub.Tests.Crash;

/// <summary>Checks repeatedly that no cursor moves back or passes the end of its log.</summary>
internal sealed class CursorMonitor(HubDatabase database)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, long> last = new(StringComparer.Ordinal);

    public List<string> Violations { get; } = [];

    public int Checks { get; private set; }

    public async Task MonitorUntilAsync(Task end)
    {
        while (!end.IsCompleted)
        {
            await CheckAsync();
            await Task.WhenAny(end, Task.Delay(Interval));
        }
    }

    private async Task CheckAsync()
    {
        var cursors = await database.QueryAsync<(string Name, long Position, long End)>(
            """
            select name, position,
                case
                    when name in ('routing', 'relay') then (select max(seq) from notification_log)
                    else (select max(seq) from event_log)
                end
            from log_cursor
            """
        );
        Checks++;
        foreach (var (name, position, end) in cursors)
        {
            var before = last.GetValueOrDefault(name);
            if (position < before || position > end)
            {
                Violations.Add($"{name}: moved from {before} to {position}; the log ends at {end}");
            }

            last[name] = position;
        }
    }
}
