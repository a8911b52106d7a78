using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Health;

/// <summary>A database that opens no connection for reading while <see cref="IsUnreadable"/> is set, like a SQL Server that is down.</summary>
internal sealed class UnreadableDatabase(Database inner) : DelegatingDatabase(inner)
{
    public const string Error = "SQL Server cannot be read: it is being moved.";

    private volatile bool isUnreadable;

    public bool IsUnreadable
    {
        set => isUnreadable = value;
    }

    public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken) =>
        isUnreadable
            ? Task.FromException<DbConnection>(new StorageUnavailableException(Error))
            : base.OpenReaderAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Inner.DisposeAsync();
    }
}
