using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Health;

/// <summary>A database that takes no readers while it is told so, as SQL Server does where it is down.</summary>
internal sealed class UnreadableDatabase(Database inner) : DelegatingDatabase(inner)
{
    public const string Fault = "SQL Server cannot be read: it is being moved.";

    private volatile bool isUnreadable;

    public bool IsUnreadable
    {
        set => isUnreadable = value;
    }

    public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken) =>
        isUnreadable
            ? Task.FromException<DbConnection>(new StorageUnavailableException(Fault))
            : base.OpenReaderAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Inner.DisposeAsync();
    }
}
