using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>What is checked before a request is answered: its token, its rate, the names in its query.</summary>
internal static class Door
{
    private const string Scheme = "Bearer ";

    /// <exception cref="AppleException">9722, 9622, 9621 or 9625.</exception>
    public static (SimulatedLocation Location, ContentToken Token) Authorize(
        HttpRequest request,
        IReadOnlyCollection<SimulatedLocation> locations,
        DateTimeOffset now
    )
    {
        if (
            request.Headers.Authorization is not [{ } header]
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || header.AsSpan(Scheme.Length).ContainsAny(" \t")
        )
        {
            throw AppleException.ForViolation(
                AppleErrors.AuthorizationMalformed,
                "the Authorization header is not in the form Bearer {sToken}"
            );
        }

        foreach (var location in locations)
        {
            if (location.FindContentToken(header[Scheme.Length..]) is { } token)
            {
                Check(token, now);
                return (location, token);
            }
        }

        throw new AppleException(AppleErrors.TokenInvalid);
    }

    /// <exception cref="AppleException">9602: Apple documents no such parameter for this endpoint.</exception>
    public static void CheckQuery(AppleEndpoint endpoint, IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            var allowed =
                endpoint.Query.Contains($"{name}[]") ? int.MaxValue
                : endpoint.Query.Contains(name) ? 1
                : 0;
            if (values.Count > allowed)
            {
                throw AppleException.ForViolation(
                    AppleErrors.InvalidArgument,
                    $"{endpoint.Path} does not take the query parameter {name}{(allowed == 1 ? " twice" : "")}"
                );
            }
        }
    }

    private static void Check(ContentToken token, DateTimeOffset now)
    {
        switch (token.State)
        {
            case ContentTokenState.Invalid:
                throw new AppleException(AppleErrors.TokenInvalid);
            case ContentTokenState.Revoked:
                throw new AppleException(AppleErrors.TokenRevoked);
            case ContentTokenState.Expired:
                throw new AppleException(AppleErrors.TokenExpired);
            case ContentTokenState.Valid when now >= token.ExpiresAt:
                throw new AppleException(AppleErrors.TokenExpired);
            default:
                return;
        }
    }
}
