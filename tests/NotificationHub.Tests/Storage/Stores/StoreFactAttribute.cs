using Xunit.Sdk;

namespace NotificationHub.Tests.Storage.Stores;

/// <summary>A test of a contract: which engine it runs on is said by the class that inherits it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(
    $"NotificationHub.Tests.Storage.Stores.{nameof(StoreFactDiscoverer)}",
    "NotificationHub.Tests"
)]
internal sealed class StoreFactAttribute : FactAttribute;

/// <summary>As <see cref="StoreFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(
    $"NotificationHub.Tests.Storage.Stores.{nameof(StoreTheoryDiscoverer)}",
    "NotificationHub.Tests"
)]
internal sealed class StoreTheoryAttribute : TheoryAttribute;

/// <summary>A test of what only SQLite has; where the tests' hubs keep their logs elsewhere it is seen to be skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SqliteFactAttribute : FactAttribute
{
    public SqliteFactAttribute()
    {
        if (TestServer.IsChosen)
        {
            Skip = $"Looks at the SQLite file, and {TestServer.StoreVariable} is SqlServer.";
        }
    }
}
