namespace NotificationHub.Hosting;

/// <summary>Rejects settings that are unsafe in Development, which opens data to callers on this machine.</summary>
internal static class DevelopmentRules
{
    private const string ForwardedHeaders = "ForwardedHeaders_Enabled";

    // The host enables forwarded headers for exactly this value, and then trusts any caller that claims a loopback address.
    public static void RejectForwardedHeadersInDevelopment(this HubBuilder hub)
    {
        if (
            hub.Environment.IsDevelopment()
            && string.Equals(hub.Configuration[ForwardedHeaders], "true", StringComparison.OrdinalIgnoreCase)
        )
        {
            hub.AddError(
                $"ASPNETCORE_{ForwardedHeaders.ToUpperInvariant()}",
                "must not be true in Development, which opens /admin, /events and /snapshot to this machine: with forwarded headers "
                    + "any remote caller can claim to be local. Set ASPNETCORE_ENVIRONMENT=Production, or remove this setting"
            );
        }
    }
}
