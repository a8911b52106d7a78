namespace NotificationHub.Locations.KeyRing;

/// <summary>Opens the key ring in the background and retries: log and health report a problem before a content token is needed.</summary>
internal sealed partial class KeyRingOpener(HubKeyRing keys, TimeProvider time, ILogger<KeyRingOpener> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start of the hub does not wait for Key Vault.
        await Task.Yield();
        while (!TryOpen())
        {
            await Task.Delay(HubKeyRing.RetryDelay, time, stoppingToken);
        }
    }

    private bool TryOpen()
    {
        try
        {
            keys.Open();
            return true;
        }
        catch (KeyRingException)
        {
            // The key ring has logged it.
            return false;
        }
#pragma warning disable CA1031 // Any other failure, such as the database's, is retried too: receiving goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.Failed(logger, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Could not open the key ring; will retry.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
