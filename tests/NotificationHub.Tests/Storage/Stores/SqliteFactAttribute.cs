using System.Runtime.CompilerServices;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>A test of what only SQLite has. It is skipped where the tests' hubs use a SQL Server.</summary>
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
