using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using NotificationHub.Storage;
using NotificationHub.Tests.Contract;

namespace NotificationHub.Tests.Storage;

/// <summary>The base of the tests for both engines: an abstract class per behavior, a sealed subclass per engine.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private TestDatabase? test;

    private protected TestDatabase Test => test ?? throw new InvalidOperationException("The store is not open.");

    private protected Database Database => Test.Database;

    public virtual async ValueTask InitializeAsync()
    {
        test = await OpenAsync();
        // These tests store any record.
        StoredEvents.ExcludeAll(Database);
    }

    public virtual ValueTask DisposeAsync() => test?.DisposeAsync() ?? ValueTask.CompletedTask;

    private protected abstract Task<TestDatabase> OpenAsync();

    private protected Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work) =>
        Database.WriteAsync(work, CancellationToken.None);

    private protected Task WriteAsync(Func<WriteTransaction, Task> work) =>
        Database.WriteAsync(work, CancellationToken.None);

    /// <summary>Retries until the write succeeds: another process may hold a lock for longer than a write waits.</summary>
    private protected static async Task<T> RetryUntilStoredAsync<T>(Func<Task<T>> write)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await write();
            }
            catch (StorageUnavailableException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                // Nothing was committed.
            }
        }
    }

    /// <summary>A notification as intake appends it; the first letter of its ID is its hash.</summary>
    private protected static NotificationAppend Notification(
        string id,
        string body = "{}",
        string location = "location-1",
        Disposition disposition = Disposition.Accepted,
        int quota = 100
    ) => Notification(id, Encoding.UTF8.GetBytes(body), location, disposition, quota);

    private protected static NotificationAppend Notification(
        string id,
        byte[] body,
        string location = "location-1",
        Disposition disposition = Disposition.Accepted,
        int quota = 100
    ) =>
        new()
        {
            LocationId = Encoding.UTF8.GetBytes(location),
            DedupHash = id.Length == 0 ? 0 : id[0],
            NotificationId = Encoding.UTF8.GetBytes(id),
            NotificationType = "ASSET_COUNT"u8.ToArray(),
            Body = body,
            BodySha256 = SHA256.HashData(body),
            ReceivedAt = At(1_785_585_600_000),
            Disposition = disposition,
            RejectedQuota = quota,
        };
}
