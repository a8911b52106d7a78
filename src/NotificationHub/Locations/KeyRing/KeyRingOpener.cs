namespace NotificationHub.Locations.KeyRing;

/// <summary>Opens the key ring of a serving hub, and reloads it when a content token cannot be decrypted. Key Vault does not delay the start.</summary>
internal sealed class KeyRingOpener(HubKeyRing keys, KeyRingOptions options, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.UsesKeyVault)
        {
            await keys.OpenAsync(createsKeys: true, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isLoaded = keys.IsOpen;
        while (true)
        {
            var failed = keys.FailedDecryption;
            isLoaded = isLoaded || await keys.OpenAsync(createsKeys: true, stoppingToken);
            await Task.Delay(RetryDelay, time, stoppingToken);
            if (isLoaded)
            {
                await failed.WaitAsync(stoppingToken);
                isLoaded = false;
            }
        }
    }
}
