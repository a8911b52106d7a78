using System.Runtime.CompilerServices;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>A test that runs the Bicep compiler; skipped on platforms without its package.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BicepFactAttribute : FactAttribute
{
    public BicepFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (BicepWorkspace.Compiler is null)
        {
            Skip = "The package of the Bicep compiler is for Linux on x64 only.";
        }
    }
}
