namespace NotificationHub.Tests.Locations;

/// <summary>A network between the hub and Apple that loses selected messages.</summary>
internal sealed class LossyNetwork : DelegatingHandler
{
    /// <summary>Requests that never arrive.</summary>
    public Func<HttpRequestMessage, bool> LoseRequest { get; set; } = _ => false;

    /// <summary>Requests that arrive, but whose responses do not.</summary>
    public Func<HttpRequestMessage, bool> LoseResponse { get; set; } = _ => false;

    /// <summary>Requests that wait before they are sent.</summary>
    public Func<HttpRequestMessage, Task> Hold { get; set; } = _ => Task.CompletedTask;

    public static bool IsPost(HttpRequestMessage request) => request.Method == HttpMethod.Post;

    public void Repair() => LoseRequest = LoseResponse = _ => false;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        await Hold(request);
        if (LoseRequest(request))
        {
            throw new HttpRequestException("The connection was refused.");
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (!LoseResponse(request))
        {
            return response;
        }

        response.Dispose();
        throw new HttpRequestException("The connection was reset.");
    }
}
