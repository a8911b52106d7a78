using NotificationHub.Tests.Contract;

namespace NotificationHub.Tests;

/// <summary>A temporary folder for one test, deleted with it after its databases' events were validated.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("notificationhub-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            foreach (var database in Directory.EnumerateFiles(Path, "*.db"))
            {
                StoredEvents.FindViolationsAsync(database).GetAwaiter().GetResult().ShouldBeEmpty();
            }
        }
        finally
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
