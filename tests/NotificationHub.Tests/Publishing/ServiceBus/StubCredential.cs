using Azure.Core;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>Returns a token, at once or after a number of failures.</summary>
internal sealed class StubCredential(TimeProvider time, Exception? failure = null, int failures = int.MaxValue)
    : TokenCredential
{
    public const string Token = "the-secret-token";

    private int requests;

    public List<string> Scopes { get; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Scopes.AddRange(requestContext.Scopes);
        return failure is null || requests++ >= failures
            ? new AccessToken(Token, time.GetUtcNow().AddHours(1))
            : throw failure;
    }

    public override ValueTask<AccessToken> GetTokenAsync(
        TokenRequestContext requestContext,
        CancellationToken cancellationToken
    ) => new(GetToken(requestContext, cancellationToken));
}
