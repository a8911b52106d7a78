using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Drill.Scenarios;

internal static class DatabaseSlow
{
    private const int Times = 3;

    // SQLite's wait for a lock stands for a slow disk: neither ends before the lock or the disk lets the transaction go on.
    public static readonly DrillOptions Options = new() { Settings = ["--Storage:LockTimeout=00:01:00"] };

    private static readonly TimeSpan Bearable = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan TooLong = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.5);

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await using var disk = new SqliteConnection($"Data Source={scene.DatabaseFile};Pooling=False");
        await disk.OpenAsync(cancellationToken);

        journal.Action(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Times} times, a transaction takes {Bearable.TotalSeconds} seconds; Apple keeps delivering"
            )
        );
        List<int> ready = [];
        for (var n = 0; n < Times; n++)
        {
            ready.Add(await DelayAsync(scene, disk, Bearable, cancellationToken));
            await scene.UntilAnsweredAsync(cancellationToken);
        }

        journal.RecordResponses();
        journal.Record("health", $"ready {string.Join(", ", ready)} while the transactions took so long");

        await DelayAsync(
            scene,
            disk,
            TooLong,
            cancellationToken,
            async () =>
            {
                journal.Action("a transaction takes longer than two seconds; Apple waits for its responses");
                journal.RecordResponses();
                await journal.RecordHealthAsync(cancellationToken);
                journal.RecordLog("Not ready");
            }
        );
        journal.Action(
            string.Create(
                CultureInfo.InvariantCulture,
                $"after {TooLong.TotalSeconds} seconds, the database is fast again"
            )
        );
    }

    /// <summary>Delays every transaction, and checks readiness meanwhile.</summary>
    /// <returns>The status of <c>/health/ready</c>.</returns>
    private static async Task<int> DelayAsync(
        DrillScene scene,
        SqliteConnection disk,
        TimeSpan delay,
        CancellationToken cancellationToken,
        Func<Task>? meanwhile = null
    )
    {
        // The hub checks readiness at most once a second.
        await scene.Time.PassAsync(TimeSpan.FromSeconds(2), cancellationToken);
        await disk.ExecuteAsync("begin immediate");
        scene.ChangeAsset();
        var ready = scene.Journal.ReadStatusAsync("/health/ready", cancellationToken);
        for (var passed = TimeSpan.Zero; passed < delay || meanwhile is not null; passed += Step)
        {
            // In real time: the hub needs it to react. The drill's own steps would wait for the database.
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
            scene.Time.Clock.Advance(Step);
            if (ready.IsCompleted && meanwhile is not null)
            {
                await meanwhile();
                meanwhile = null;
            }
        }

        if (scene.Apple.DeliveryCounts is var deliveries && deliveries.Answered == deliveries.Copies)
        {
            throw new InvalidOperationException("The hub accepted a delivery before it was stored.");
        }

        await disk.ExecuteAsync("rollback");
        return await ready;
    }
}
