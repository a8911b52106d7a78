using System.CommandLine;
using NotificationHub.Admin;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.CommandLine;

/// <summary>Runs commands on the hub's own services, with the database open and no stage started.</summary>
// A hub may be running beside the command. So no command but `migrate` changes the schema.
internal sealed class CommandRunner(
    string[] settings,
    TextWriter output,
    Stream bytes,
    int? width = null,
    Func<string?>? readLine = null
)
{
    // A busy hub and other commands write to the same database.
    private static readonly TimeSpan MinLockTimeout = TimeSpan.FromSeconds(10);

    public string[] Settings => settings;

    /// <summary>Reads a line of the standard input; null at its end.</summary>
    public string? ReadLine() => readLine?.Invoke();

    public Option<bool> Json { get; } =
        new("--json") { Description = "Print one JSON document and nothing else.", Recursive = true };

    /// <summary>Text that a command's help shows last, such as examples.</summary>
    public Dictionary<Command, string> Details { get; } = [];

    public CommandOutput OutputFor(ParseResult arguments) => new(output, bytes, arguments.GetValue(Json), width);

    public Command Create(
        string name,
        string description,
        Func<CommandContext, Task<int>> work,
        params Symbol[] inputs
    ) => Create(name, description, (arguments, cancellation) => RunAsync(arguments, work, cancellation), inputs);

    /// <summary>Creates a command with exit code 0 unless it throws.</summary>
    public Command Create(string name, string description, Func<CommandContext, Task> work, params Symbol[] inputs) =>
        Create(
            name,
            description,
            async context =>
            {
                await work(context);
                return ExitCode.Ok;
            },
            inputs
        );

    /// <summary>Creates a command that opens the database itself, if at all.</summary>
    public Command CreateUnopened(
        string name,
        string description,
        Func<CommandContext, Task<int>> work,
        params Symbol[] inputs
    ) =>
        Create(name, description, (arguments, cancellation) => RunUnopenedAsync(arguments, work, cancellation), inputs);

    /// <param name="description">A summary and, after an empty line, details.</param>
    public Command Create(
        string name,
        string description,
        Func<ParseResult, CancellationToken, Task<int>> action,
        Symbol[] inputs
    )
    {
        var paragraphs = description.ReplaceLineEndings("\n").Split("\n\n", 2);
        var command = new Command(name, paragraphs[0]);
        if (paragraphs.Length > 1)
        {
            Details.Add(command, paragraphs[1]);
        }

        foreach (var input in inputs)
        {
            if (input is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)input);
            }
        }

        command.SetAction(action);
        return command;
    }

    private Task<int> RunAsync(
        ParseResult arguments,
        Func<CommandContext, Task<int>> work,
        CancellationToken cancellationToken
    ) =>
        RunUnopenedAsync(
            arguments,
            async context =>
            {
                if (!context.Database.Exists)
                {
                    throw new CommandException(
                        ExitCode.NotFound,
                        $"The database {context.Database.DisplayName} does not exist. Start the hub first, "
                            + "or set --Storage:ConnectionString=…"
                    );
                }

                await context.Database.OpenBesideAsync(cancellationToken);
                return await work(context);
            },
            cancellationToken
        );

    private async Task<int> RunUnopenedAsync(
        ParseResult arguments,
        Func<CommandContext, Task<int>> work,
        CancellationToken cancellationToken
    )
    {
        var hub = HubApplication.Compose(settings);
        hub.Host.Logging.ClearProviders();
        hub.ThrowIfInvalid();
        var storage = hub.OptionsOf<StorageOptions>();
        storage.LockTimeout = storage.LockTimeout > MinLockTimeout ? storage.LockTimeout : MinLockTimeout;
        await using var app = hub.Host.Build();
        var context = new CommandContext(
            app.Services,
            app.Services.GetRequiredService<Database>(),
            arguments,
            OutputFor(arguments),
            cancellationToken
        );
        // A command that changes a location holds a lease while it waits for Apple.
        var leases = app.Services.GetRequiredService<LeaseKeeper>();
        await leases.StartAsync(cancellationToken);
        try
        {
            return await work(context);
        }
        finally
        {
            await leases.StopAsync(CancellationToken.None);
        }
    }
}

internal sealed record CommandContext(
    IServiceProvider Services,
    Database Database,
    ParseResult Arguments,
    CommandOutput Output,
    CancellationToken CancellationToken
)
{
    public Actor Actor { get; } = Actor.CommandLine;

    public LocationService Locations => Service<LocationService>();

    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    /// <summary>Checks the location to which a command is limited, if any: an empty result would hide a typing error.</summary>
    /// <exception cref="LocationException">The location does not exist.</exception>
    public async Task EnsureExistsAsync(string? locationId)
    {
        if (locationId is not null)
        {
            await LocationStore.GetAsync(Database, locationId, CancellationToken);
        }
    }

    public T Get<T>(Argument<T> argument) => Arguments.GetRequiredValue(argument);

    /// <summary>For commands that need a content token. If the key ring cannot be opened, using a token fails and explains why.</summary>
    public Task OpenKeyRingAsync() => Service<HubKeyRing>().OpenAsync(createsKeys: false, CancellationToken);

    public T Service<T>()
        where T : notnull => Services.GetRequiredService<T>();
}

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
