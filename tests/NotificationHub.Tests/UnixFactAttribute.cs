namespace NotificationHub.Tests;

/// <summary>A test of what only Unix has; elsewhere it is skipped, and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Windows has no file modes.";
        }
    }
}
