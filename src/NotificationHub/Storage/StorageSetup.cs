using FluentValidation;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Storage;

internal static class StorageSetup
{
    public static void AddStorage(this HubBuilder hub)
    {
        hub.AddOptions(StorageOptions.Section, new StorageOptionsValidator());
        hub.Services.TryAddSingleton(TimeProvider.System);
        hub.Services.AddSingleton<Database>(services => new SqliteDatabase(
            services.GetRequiredService<IOptions<StorageOptions>>().Value
        ));
        hub.Services.AddSingleton(services => services.GetRequiredService<Database>().Pulses);
        hub.Services.AddHostedService<DatabaseStartup>();
        hub.Services.AddSingleton<LeaseKeeper>();
        hub.Services.AddHostedService(services => services.GetRequiredService<LeaseKeeper>());
    }

    /// <summary>Opens the database before any stage starts, and thereby refuses to start without one.</summary>
    private sealed class DatabaseStartup(Database database, IOptions<StorageOptions> options) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (options.Value.MigrateOnStart)
            {
                return database.OpenAsync(cancellationToken);
            }

            return database.Exists
                ? database.OpenBesideAsync(cancellationToken)
                : throw new SchemaException(
                    $"There is no database at {database.Place}: run `migrate`, which makes it. (Storage:MigrateOnStart is false.)"
                );
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

internal sealed class StorageOptionsValidator : AbstractValidator<StorageOptions>
{
    public StorageOptionsValidator()
    {
        RuleFor(options => options.Provider).Equal("Sqlite").WithMessage("the engine must be Sqlite");
        RuleFor(options => options.ConnectionString)
            .Cascade(CascadeMode.Stop)
            .Must(NameAFile)
            .WithMessage(
                "must name a file by its path, such as Data Source=data/notificationhub.db, that can be written (a database in memory would lose what was answered 200)"
            )
            .Custom(
                (text, context) =>
                {
                    if (DataFolder.FaultOf(FileOf(text)) is { } fault)
                    {
                        context.AddFailure(fault);
                    }
                }
            );
        RuleFor(options => options.LeaseDuration)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must lie between one second and five minutes");
        RuleFor(options => options.BusyTimeout)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(1))
            .WithMessage("must lie between zero and one minute");
        RuleFor(options => options.ChangePollInterval)
            .InclusiveBetween(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1))
            .WithMessage("must lie between 10 milliseconds and one second");
    }

    private static string FileOf(string connectionString) =>
        Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    private static bool NameAFile(string connectionString)
    {
        try
        {
            var builder = new SqliteConnectionStringBuilder(connectionString);
            return builder.DataSource.Length > 0
                && builder.Mode is SqliteOpenMode.ReadWrite or SqliteOpenMode.ReadWriteCreate
                // A URI can say all that is refused here.
                && !builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
                && !builder.DataSource.Contains(":memory:", StringComparison.Ordinal);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
