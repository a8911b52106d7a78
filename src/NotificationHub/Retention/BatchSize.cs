using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>
/// How many rows a transaction takes out: as many as it does in a time that whoever waits can bear. On SQLite posts wait meanwhile, and it is about
/// two milliseconds; on SQL Server nobody does, and as long is gone in round trips alone.
/// </summary>
/// <param name="least">The smallest batch, unless a transaction has failed.</param>
/// <param name="quick">One that took less may have more next time.</param>
/// <param name="slow">One that took more has fewer next time.</param>
/// <param name="turn">How long transactions may follow upon each other.</param>
internal sealed class BatchSize(int least, TimeSpan quick, TimeSpan slow, TimeSpan turn)
{
    // SQL Server locks the whole table from 5,000 rows on.
    private const int Most = 1_000;

    public int Rows { get; private set; } = 100;

    /// <param name="engine">The <see cref="Database.Engine"/>.</param>
    public static BatchSize Of(string engine) =>
        engine == StorageOptions.SqlServer
            ? new(100, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50), turn: TimeSpan.FromSeconds(1))
            // Bodies of a megabyte lie in hundreds of pages each.
            : new(10, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), turn: TimeSpan.Zero);

    /// <summary>Has batches taken out one after another, until one is not full or the engine's turn is over; at least one.</summary>
    /// <param name="removeAsync">Takes out as many rows, and says how many there were and how long the transaction took.</param>
    /// <returns>How many rows there were in all.</returns>
    public async Task<int> RunAsync(Func<int, Task<(int Removed, TimeSpan Taken)>> removeAsync)
    {
        var sum = 0;
        var spent = TimeSpan.Zero;
        while (true)
        {
            var rows = Rows;
            var (removed, taken) = await RemoveAsync(removeAsync, rows);
            Note(removed, taken);
            sum += removed;
            spent += taken;
            if (removed < rows || spent >= turn)
            {
                return sum;
            }
        }
    }

    private async Task<(int Removed, TimeSpan Taken)> RemoveAsync(
        Func<int, Task<(int Removed, TimeSpan Taken)>> removeAsync,
        int rows
    )
    {
        try
        {
            return await removeAsync(rows);
        }
        catch (StorageUnavailableException)
        {
            // If it timed out, the same batch would time out forever. With large bodies, even the usual minimum may be too much.
            Rows = Math.Max(rows / 2, 1);
            throw;
        }
    }

    private void Note(int removed, TimeSpan taken)
    {
        if (taken > slow)
        {
            Rows = Math.Max(Rows / 2, Math.Min(Rows, least));
        }
        else if (taken < quick && removed >= Rows)
        {
            Rows = Math.Min(Rows * 2, Most);
        }
    }
}
