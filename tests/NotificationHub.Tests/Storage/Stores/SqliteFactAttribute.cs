using System.Runtime.CompilerServices;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>A test for SQLite only. It is skipped if the hubs of the tests use SQL Server.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SqliteFactAttribute : FactAttribute
{
    public SqliteFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (TestServer.IsChosen)
        {
            Skip = $"Looks at the SQLite file, and {TestServer.StoreVariable} is SqlServer.";
        }
    }
}
