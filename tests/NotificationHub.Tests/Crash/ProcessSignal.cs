using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NotificationHub.Tests.Crash;

/// <summary>Sends signals that .NET itself cannot send.</summary>
internal static class ProcessSignal
{
    public const int Terminate = 15;

    // The numbers differ between the kernels.
    public static int Stop => OperatingSystem.IsLinux() ? 19 : 17;

    public static int Continue => OperatingSystem.IsLinux() ? 18 : 19;

    public static void Send(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}

/// <summary>A test that needs signals; skipped on Windows.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SignalsFactAttribute : FactAttribute
{
    public SignalsFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Windows has no SIGSTOP: a process cannot be paused from outside.";
        }
    }
}

/// <inheritdoc cref="SignalsFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SignalsTheoryAttribute : TheoryAttribute
{
    public SignalsTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = new SignalsFactAttribute().Skip;
}
