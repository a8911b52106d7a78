namespace NotificationHub.Hosting;

/// <summary>What Development, which opens data to callers on this machine, must not be combined with.</summary>
internal static class DevelopmentRules
{
    private const string ForwardedHeaders = "ForwardedHeaders_Enabled";

    // The host enables them for exactly this word, and then believes any caller that names a loopback address as its own.
    public static void RefuseForwardedHeadersInDevelopment(this HubBuilder hub)
    {
        if (
            hub.Environment.IsDevelopment()
            && string.Equals(hub.Configuration[ForwardedHeaders], "true", StringComparison.OrdinalIgnoreCase)
        )
        {
            hub.AddFault(
                $"ASPNETCORE_{ForwardedHeaders.ToUpperInvariant()}",
                "must not be true in Development, which opens /admin, /events and /snapshot to this machine: with forwarded headers "
                    + "every remote caller can claim to be on it. Set ASPNETCORE_ENVIRONMENT=Production, or remove this setting"
            );
        }
    }
}
