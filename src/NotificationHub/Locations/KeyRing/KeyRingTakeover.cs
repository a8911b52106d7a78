using System.Xml.Linq;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// Brings into the database, once and wrapped, the keys of the folder that the ring was in before, and wraps those that lie in the database
/// in clear: what was encrypted with them stays readable. It goes before Data Protection's own start, which would make a new key, and
/// tries again in the background where the Key Vault cannot be reached: the hub receives without it.
/// </summary>
internal sealed partial class KeyRingTakeover(
    KeyRingPlace place,
    KeyWraps wraps,
    Database database,
    ReloadingKeyManager keys,
    TimeProvider time,
    ILogger<KeyRingTakeover> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly KeyRingTable table = new(database, time);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (place.Store == KeyRingStore.Database && !await TryAsync(cancellationToken))
        {
            await base.StartAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (await TryAsync(stoppingToken))
            {
                keys.ReadAgain();
                return;
            }
        }
    }

    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WrapClearAsync(cancellationToken);
            await ImportAsync(cancellationToken);
            return true;
        }
        // Whatever it is, receiving goes on without the old keys.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, place.Folder, exception);
            return false;
        }
    }

    private async Task WrapClearAsync(CancellationToken cancellationToken)
    {
        if (wraps.Current is not { } wrap)
        {
            return;
        }

        foreach (var row in await table.ReadAsync(cancellationToken))
        {
            var element = XElement.Parse(row.Xml);
            if (KeyRingXml.IsClear(element))
            {
                var wrapped = KeyRingXml.Encrypt(element, new WrappedSecretEncryptor(wrap));
                await database.WriteAsync(
                    transaction => KeyRingTable.ReplaceAsync(transaction, row.Id, wrapped),
                    cancellationToken
                );
                Log.WrappedClear(logger, row.FriendlyName);
            }
        }
    }

    private async Task ImportAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(place.Folder))
        {
            return;
        }

        var present = (await table.ReadAsync(cancellationToken))
            .Select(row => row.FriendlyName)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(place.Folder, "*.xml").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (!present.Contains(name))
            {
                await ImportAsync(name, XElement.Load(file), cancellationToken);
            }
        }
    }

    private async Task ImportAsync(string name, XElement element, CancellationToken cancellationToken)
    {
        var wrapped = wraps.Current is { } wrap
            ? KeyRingXml.Encrypt(element, new WrappedSecretEncryptor(wrap))
            : element;
        try
        {
            await database.WriteAsync(transaction => table.AddAsync(transaction, name, wrapped), cancellationToken);
            Log.Imported(logger, name, place.Folder);
        }
        // Another replica was quicker.
        catch (Exception exception) when (database.IsDuplicateKey(exception))
        {
            if ((await table.ReadAsync(cancellationToken)).All(row => row.FriendlyName != name))
            {
                throw;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "The key {Name} was taken over from {Folder} into the database. Remove the folder once every replica has its ring there."
        )]
        public static partial void Imported(ILogger logger, string name, string folder);

        [LoggerMessage(
            LogLevel.Warning,
            "The key {Name} lay in the database in clear and is wrapped now. Backups from before hold it in clear."
        )]
        public static partial void WrappedClear(ILogger logger, string name);

        [LoggerMessage(
            LogLevel.Error,
            "The keys in {Folder} could not be taken over into the database, so that content tokens may not be readable; it is tried again."
        )]
        public static partial void Failed(ILogger logger, string folder, Exception exception);
    }
}
