namespace NotificationHub.CommandLine;

internal static class ExitCode
{
    public const int Ok = 0;

    public const int Failed = 1;

    /// <summary>The command line is invalid; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The database, location, notification, event or operation does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>The settings are invalid (<c>EX_CONFIG</c> of sysexits.h).</summary>
    public const int Configuration = 78;
}

/// <summary>Ends a command; the message is for the operator.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
