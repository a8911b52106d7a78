namespace NotificationHub.CommandLine;

/// <summary>What the process ends with; the README lists them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Refused, or failed; what was said on the error output tells why.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>What was asked for is not there: the database, a notification, a dead letter.</summary>
    public const int NotFound = 3;

    /// <summary>The settings cannot be run with (<c>EX_CONFIG</c> of sysexits.h); all faults are listed.</summary>
    public const int Configuration = 78;
}

/// <summary>A command cannot go on; the message is for the operator.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
