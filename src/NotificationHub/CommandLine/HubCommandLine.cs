using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using NotificationHub.CommandLine.Apple;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.OperationTracking;
using NotificationHub.Publishing;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

/// <summary>The command tree. Results go to the output, messages to the error output.</summary>
internal static partial class HubCommandLine
{
    private const int HelpWidth = 100;

    private const string Description =
        "Receive Apple's App and Book Management notifications, store them, publish them as events, and read changed "
        + "records from Apple. Without a command, NotificationHub runs the service.";

    private const string Details = """
        Every command accepts settings as --Section:Key=value, for example:
          NotificationHub locations list --Storage:ConnectionString="Data Source=data/notificationhub.db"

        Exit codes: 0 success, 1 failed, not finished or a problem found, 2 invalid command line,
        3 not found, 78 invalid settings.
        """;

    /// <param name="width">The width of the terminal in columns; null detects it.</param>
    /// <param name="readLine">Reads the standard input; null if there is none.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        Stream bytes,
        TextWriter error,
        int? width = null,
        Func<string?>? readLine = null,
        CancellationToken cancellationToken = default
    )
    {
        var arguments = CommandArguments.Parse(args);
        var root = Create(new CommandRunner(arguments.Settings, output, bytes, width, readLine));
        if (!TryParse(root, arguments.Others, out var result, out var errors))
        {
            return Report(error, ExitCode.Usage, string.Join(Environment.NewLine, errors));
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

    public static RootCommand Create(CommandRunner runner)
    {
        var root = new RootCommand(Description)
        {
            ServeCommand.Create(runner),
            LocationsCommand.Create(runner),
            RelayCommand.Create(runner),
            NotificationsCommand.Create(runner),
            DeadLettersCommand.Create(runner),
            ReplayCommand.Create(runner),
            OperationsCommand.Create(runner),
            ReconcileCommand.Create(runner),
            AppleCommand.Create(runner),
            EraseCommand.Create(runner),
            AuditCommand.Create(runner),
            MigrateCommand.Create(runner),
            DoctorCommand.Create(runner),
            HealthCommand.Create(runner),
        };
        root.SetAction((_, cancellationToken) => ServeCommand.ServeAsync(runner.Settings, cancellationToken));
        runner.Details.Add(root, Details);
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithDetails(new HelpAction { MaxWidth = HelpWidth }, runner.Details);
        }

        return root;
    }

    private static bool TryParse(
        RootCommand root,
        string[] args,
        [NotNullWhen(true)] out ParseResult? result,
        out IReadOnlyList<string> errors
    )
    {
        result = null;
        try
        {
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            errors = [.. parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal).Select(Explain)];
            result = errors.Count == 0 && parsed.Action is not ParseErrorAction ? parsed : null;
        }
        // A validator read a value that cannot be converted.
        catch (InvalidOperationException exception)
        {
            errors = [Explain(exception.Message)];
        }

        return result is not null;
    }

    private static string Explain(string message)
    {
        var text = message
            .Replace("expected type 'System.Int64'", "a whole number", StringComparison.Ordinal)
            .Replace("expected type 'System.Nullable`1[System.Int64]'", "a whole number", StringComparison.Ordinal)
            .Replace("expected type 'System.Boolean'", "true or false", StringComparison.Ordinal)
            .ReplaceLineEndings("\n")
            .Replace(":\n\t", ": ", StringComparison.Ordinal)
            .Replace("\n\t", ", ", StringComparison.Ordinal)
            .TrimEnd();
        return IsIncomplete().IsMatch(text) ? $"{text} Use --help for the usage." : text;
    }

    [GeneratedRegex("^(Unrecognized|Required) |is required")]
    private static partial Regex IsIncomplete();

    private static InvocationConfiguration Configuration(ParseResult result, TextWriter output, TextWriter error) =>
        new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // The serving host handles the signals itself and needs time to write what it has received.
            ProcessTerminationTimeout = result.CommandResult.Command is RootCommand or { Name: ServeCommand.Name }
                ? null
                : TimeSpan.FromSeconds(5),
        };

    // Null for an unexpected exception, which ends the process with its stack trace.
    private static int? CodeOf(Exception exception) =>
        exception switch
        {
            // FormatException: an address to listen on. InvalidDataException: an invalid appsettings.json.
            ConfigurationException
            or FormatException
            or InvalidDataException
            or DatabaseOpenException { IsUnusable: true } => ExitCode.Configuration,
            CommandException refused => refused.ExitCode,
            LocationException { Code: LocationErrorCode.NotFound }
            or ReplayException { Code: ReplayErrorCode.NotFound }
            or DeadLetterQueueException { IsNotFound: true } => ExitCode.NotFound,
            LocationException { Code: LocationErrorCode.BadInput } => ExitCode.Usage,
            LocationException
            or ReplayException
            or DeadLetterQueueException
            or AppleWriteException
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

    private sealed class HelpWithDetails(HelpAction help, Dictionary<Command, string> details)
        : SynchronousCommandLineAction
    {
        // Help is shown although a required option is missing.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            if (details.TryGetValue(parseResult.CommandResult.Command, out var text))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(text);
            }

            return code;
        }
    }
}
