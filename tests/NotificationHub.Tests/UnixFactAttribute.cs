using System.Runtime.CompilerServices;

namespace NotificationHub.Tests;

/// <summary>A test of a Unix feature; skipped elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Windows has no Unix file modes.";
        }
    }
}
