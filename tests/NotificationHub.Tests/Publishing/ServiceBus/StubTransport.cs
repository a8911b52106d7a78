using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>Answers what it is told to, and keeps what it was asked.</summary>
internal sealed class StubTransport(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public StubTransport(HttpStatusCode status)
        : this(_ => new HttpResponseMessage(status)) { }

    public List<HttpRequestMessage> Requests { get; } = [];

    public HttpPipelineTransport Transport => new HttpClientTransport(this);

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        Requests.Add(request);
        return Task.FromResult(answer(request));
    }
}

/// <summary>An identity that is always let in, or that fails.</summary>
internal sealed class StubCredential(TimeProvider time, Exception? failure = null) : TokenCredential
{
    public const string Token = "the-secret-token";

    public List<string> Scopes { get; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Scopes.AddRange(requestContext.Scopes);
        return failure is null ? new AccessToken(Token, time.GetUtcNow().AddHours(1)) : throw failure;
    }

    public override ValueTask<AccessToken> GetTokenAsync(
        TokenRequestContext requestContext,
        CancellationToken cancellationToken
    ) => new(GetToken(requestContext, cancellationToken));
}
