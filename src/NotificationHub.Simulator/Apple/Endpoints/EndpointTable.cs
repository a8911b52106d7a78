namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>Every endpoint that takes a content token.</summary>
internal static class EndpointTable
{
    private static readonly ILookup<string, AppleEndpoint> ByPath = new[]
    {
        ClientConfigEndpoints.All,
        [AssetEndpoint.Get, AssignmentEndpoint.Get, UserEndpoint.Get, EventStatusEndpoint.Get],
        SubscriptionEndpoints.All,
        AssetWriteEndpoints.All,
        UserWriteEndpoints.All,
        SubscriptionWriteEndpoints.All,
        SubscriptionManagementEndpoints.All,
    }
        .SelectMany(endpoints => endpoints)
        .ToLookup(endpoint => endpoint.Path, StringComparer.Ordinal);

    /// <returns>Null where there is no such path.</returns>
    /// <exception cref="AppleException">9726: the path has other methods only.</exception>
    public static AppleEndpoint? Find(string method, string path)
    {
        var endpoints = ByPath[path];
        return !endpoints.Any()
            ? null
            : endpoints.FirstOrDefault(endpoint => endpoint.Method == method)
                ?? throw AppleException.ForViolation(AppleErrors.WrongMethod, $"{method} {path} is not allowed");
    }
}
