namespace NotificationHub.Tests.Locations;

/// <summary>A network between the hub and Apple that loses what a test tells it to lose.</summary>
internal sealed class LostAnswers : DelegatingHandler
{
    /// <summary>Requests that never arrive.</summary>
    public Func<HttpRequestMessage, bool> LoseRequest { get; set; } = _ => false;

    /// <summary>Requests that arrive, and whose answers do not.</summary>
    public Func<HttpRequestMessage, bool> LoseAnswer { get; set; } = _ => false;

    /// <summary>Requests that wait before they are sent.</summary>
    public Func<HttpRequestMessage, Task> Hold { get; set; } = _ => Task.CompletedTask;

    public static bool IsPost(HttpRequestMessage request) => request.Method == HttpMethod.Post;

    public void Heal() => LoseRequest = LoseAnswer = _ => false;

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

        var answer = await base.SendAsync(request, cancellationToken);
        if (!LoseAnswer(request))
        {
            return answer;
        }

        answer.Dispose();
        throw new HttpRequestException("The connection was reset.");
    }
}
