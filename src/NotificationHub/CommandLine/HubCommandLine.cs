using System.CommandLine;
using System.CommandLine.Invocation;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

/// <summary>All commands. Results go to the output; everything else an operator is to read goes to the error output.</summary>
internal static class HubCommandLine
{
    private const string Description = """
        Receives Apple's App and Book Management notifications, keeps them, passes them on as events and reads again what has changed.
        Without a command it serves, as with serve. Every command takes settings as --Section:Key=value, for example
        --Storage:ConnectionString="Data Source=data/notificationhub.db".
        Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 not found, 78 unusable settings.
        """;

    /// <param name="args">As the process was given them.</param>
    /// <param name="output">For results.</param>
    /// <param name="bytes">The output once more, for results that are no text.</param>
    /// <param name="error">For what an operator is to read.</param>
    /// <param name="width">The width of the terminal in columns; null detects it.</param>
    /// <param name="cancellationToken">Ends what was begun.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        Stream bytes,
        TextWriter error,
        int? width = null,
        CancellationToken cancellationToken = default
    )
    {
        var arguments = CommandArguments.Of(args);
        var root = Create(new CommandRunner(arguments.Settings, output, bytes, width));
        if (!TryParse(root, arguments.Others, out var result, out var faults))
        {
            return Report(error, ExitCode.Usage, string.Join(Environment.NewLine, faults));
        }

        try
        {
            return await result.InvokeAsync(Configuration(result, output, error), cancellationToken);
        }
        catch (Exception exception) when (CodeOf(exception) is { } code)
        {
            return Report(error, code, exception.Message);
        }
    }

    /// <summary>All commands, as a tree.</summary>
    public static RootCommand Create(CommandRunner runner)
    {
        var root = new RootCommand(Description)
        {
            ServeCommand.Create(runner),
            LocationsCommand.Create(runner),
            NotificationsCommand.Create(runner),
            DeadLettersCommand.Create(runner),
            OperationsCommand.Create(runner),
            ReconcileCommand.Create(runner),
            EraseCommand.Create(runner),
            AuditCommand.Create(runner),
            MigrateCommand.Create(runner),
            DoctorCommand.Create(runner),
            HealthCommand.Create(runner),
        };
        root.SetAction((_, cancellationToken) => ServeCommand.ServeAsync(runner.Settings, cancellationToken));
        return root;
    }

    private static bool TryParse(
        RootCommand root,
        string[] args,
        [NotNullWhen(true)] out ParseResult? result,
        out IReadOnlyList<string> faults
    )
    {
        result = null;
        try
        {
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            faults = [.. parsed.Errors.Select(fault => fault.Message).Distinct(StringComparer.Ordinal).Select(Explain)];
            result = faults.Count == 0 && parsed.Action is not ParseErrorAction ? parsed : null;
        }
        // A validator requested a value that cannot be converted.
        catch (InvalidOperationException exception)
        {
            faults = [Explain(exception.Message)];
        }

        return result is not null;
    }

    private static string Explain(string message) =>
        message
            .Replace("expected type 'System.Int64'", "a whole number", StringComparison.Ordinal)
            .Replace("expected type 'System.Nullable`1[System.Int64]'", "a whole number", StringComparison.Ordinal)
            .Replace("expected type 'System.Boolean'", "true or false", StringComparison.Ordinal)
            .ReplaceLineEndings("\n")
            .Replace(":\n\t", ": ", StringComparison.Ordinal)
            .Replace("\n\t", ", ", StringComparison.Ordinal)
            .TrimEnd();

    private static InvocationConfiguration Configuration(ParseResult result, TextWriter output, TextWriter error) =>
        new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // The serving host listens to the signals itself, and takes its time to write what it has taken in.
            ProcessTerminationTimeout = result.CommandResult.Command is RootCommand or { Name: ServeCommand.Name }
                ? null
                : TimeSpan.FromSeconds(5),
        };

    /// <summary>Null for what nobody has foreseen: that ends the process with its trace.</summary>
    private static int? CodeOf(Exception exception) =>
        exception switch
        {
            // The two others: an address to listen on, or an appsettings.json, that cannot be read.
            ConfigurationException
            or FormatException
            or InvalidDataException
            or DatabaseOpenException { IsUnusable: true } => ExitCode.Configuration,
            CommandException refused => refused.ExitCode,
            LocationException { Code: LocationErrorCode.NotFound } => ExitCode.NotFound,
            LocationException { Code: LocationErrorCode.BadInput } => ExitCode.Usage,
            LocationException
            or SchemaException
            or StorageUnavailableException
            or DatabaseOpenException
            or DbException
            or CryptographicException
            or IOException
            or UnauthorizedAccessException
            or OperationCanceledException => ExitCode.Failed,
            _ => null,
        };

    private static int Report(TextWriter error, int code, string message)
    {
        error.WriteLine(TerminalText.Clean(message.ReplaceLineEndings("\n")));
        return code;
    }
}
