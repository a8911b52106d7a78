using Azure.Core;

namespace NotificationHub.Tests.Publishing.ServiceBus;

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
