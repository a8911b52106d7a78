using System.CommandLine;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.CommandLine;

/// <summary>
/// Runs one command on the hub's own services, with the database open and no stage started: a hub may be running beside it.
/// So no command changes the schema, under a hub of another version perhaps: only serving does.
/// </summary>
internal sealed class CommandRunner(string[] settings, TextWriter output, Stream bytes, int? width = null)
{
    /// <summary>On every command: one JSON document on the output, and nothing else.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON document and nothing else.",
        Recursive = true,
    };

    /// <summary>How long a command waits to write, because a busy hub and other commands write to the same database.</summary>
    private static readonly TimeSpan LeastLockTimeout = TimeSpan.FromSeconds(30);

    public string[] Settings => settings;

    /// <summary>Where the command prints its result, as it was asked to.</summary>
    public CommandOutput OutputFor(ParseResult arguments) => new(output, bytes, arguments.GetValue(Json), width);

    /// <exception cref="CommandException">There is no database yet.</exception>
    public Task<int> RunAsync(
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
                        $"There is no database at {context.Database.Place}. Start the hub first, or name its database with --Storage:ConnectionString=…"
                    );
                }

                await context.Database.OpenBesideAsync(cancellationToken);
                return await work(context);
            },
            cancellationToken
        );

    /// <summary>Leaves it to the work to open the database, if it can be.</summary>
    public async Task<int> RunUnopenedAsync(
        ParseResult arguments,
        Func<CommandContext, Task<int>> work,
        CancellationToken cancellationToken
    )
    {
        var hub = HubApplication.Compose(settings);
        hub.Host.Logging.ClearProviders();
        hub.ThrowIfFaulty();
        var storage = hub.OptionsOf<StorageOptions>();
        storage.BusyTimeout = storage.BusyTimeout > LeastLockTimeout ? storage.BusyTimeout : LeastLockTimeout;
        await using var app = hub.Host.Build();
        var context = new CommandContext(
            app.Services,
            app.Services.GetRequiredService<Database>(),
            arguments,
            OutputFor(arguments),
            cancellationToken
        );
        // A command that works on a location holds a lease while Apple takes its time.
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

/// <summary>What a command works with.</summary>
internal sealed record CommandContext(
    IServiceProvider Services,
    Database Database,
    ParseResult Arguments,
    CommandOutput Output,
    CancellationToken CancellationToken
)
{
    /// <summary>Who gave the command, for the audit log.</summary>
    public Actor Actor { get; } = Actor.OfCommand;

    /// <summary>Has it audited; see <see cref="AuditTrail.RunAsync"/>.</summary>
    public Task<T> AuditAsync<T>(AuditedAct act, Func<Task<T>> work, Func<T, string>? locationOf = null) =>
        Service<AuditTrail>().RunAsync(Actor, act, work, locationOf);

    /// <summary>For a command that needs a content token. If it cannot be opened, the first use of a token fails, and says why.</summary>
    public Task OpenKeyRingAsync() => Service<HubKeyRing>().OpenAsync(createsKeys: false, CancellationToken);

    public T Service<T>()
        where T : notnull => Services.GetRequiredService<T>();
}
