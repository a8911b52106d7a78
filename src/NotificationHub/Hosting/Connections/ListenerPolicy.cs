using Microsoft.AspNetCore.Routing.Matching;

namespace NotificationHub.Hosting.Connections;

/// <summary>Hides an endpoint from listeners that do not serve it. Only the connection decides, because a Host header can be spoofed.</summary>
internal sealed class ListenerPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<ServedOn>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var served = httpContext.Features.Get<TrackedConnection>()?.Routes ?? default;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (
                candidates.IsValidCandidate(i)
                && candidates[i].Endpoint.Metadata.GetMetadata<ServedOn>() is { } wanted
                && !served.HasFlag(wanted.Routes)
            )
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }
}
