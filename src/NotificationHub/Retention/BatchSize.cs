using NotificationHub.Storage;

namespace NotificationHub.Retention;

// On SQLite, deliveries wait for the transaction, so it takes about two milliseconds. On SQL Server they do not wait, and round trips alone
// take longer.
/// <summary>How many rows a transaction deletes, adapted to the time that it takes.</summary>
/// <param name="min">The smallest batch, unless a transaction failed.</param>
/// <param name="quick">After a quicker transaction, the batch grows.</param>
/// <param name="slow">After a slower transaction, the batch shrinks.</param>
/// <param name="budget">How long transactions follow each other without a rest.</param>
internal sealed class BatchSize(int min, TimeSpan quick, TimeSpan slow, TimeSpan budget)
{
    // SQL Server locks the whole table at 5,000 rows.
    private const int Max = 1_000;

    public int Rows { get; private set; } = 100;

    public static BatchSize ForEngine(string engine) =>
        engine == StorageOptions.SqlServer
            ? new(100, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50), budget: TimeSpan.FromSeconds(1))
            // A body of a megabyte takes hundreds of pages.
            : new(10, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), budget: TimeSpan.Zero);

    /// <summary>Deletes at least one batch, and more until one is not full or the budget is spent.</summary>
    /// <param name="deleteAsync">Deletes a number of rows; returns how many existed and how long it took.</param>
    /// <returns>How many rows were deleted.</returns>
    public async Task<int> RunAsync(Func<int, Task<(int Deleted, TimeSpan Taken)>> deleteAsync)
    {
        var sum = 0;
        var spent = TimeSpan.Zero;
        while (true)
        {
            var rows = Rows;
            var (deleted, taken) = await DeleteAsync(deleteAsync, rows);
            Adapt(deleted, taken);
            sum += deleted;
            spent += taken;
            if (deleted < rows || spent >= budget)
            {
                return sum;
            }
        }
    }

    private async Task<(int Deleted, TimeSpan Taken)> DeleteAsync(
        Func<int, Task<(int Deleted, TimeSpan Taken)>> deleteAsync,
        int rows
    )
    {
        try
        {
            return await deleteAsync(rows);
        }
        catch (StorageUnavailableException)
        {
            // If it timed out, the same batch would time out forever. With large bodies, even the usual minimum may be too much.
            Rows = Math.Max(rows / 2, 1);
            throw;
        }
    }

    private void Adapt(int deleted, TimeSpan taken)
    {
        if (taken > slow)
        {
            Rows = Math.Max(Rows / 2, Math.Min(Rows, min));
        }
        else if (taken < quick && deleted >= Rows)
        {
            Rows = Math.Min(Rows * 2, Max);
        }
    }
}
