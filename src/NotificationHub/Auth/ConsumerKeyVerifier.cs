using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Auth;

/// <summary>Judges a consumer's key from the headers alone.</summary>
internal sealed class ConsumerKeyVerifier(IOptions<ConsumerOptions> options)
{
    private readonly ApiKeyVerifier<ConsumerKey> keys = new(options.Value.ApiKeys);

    public bool HasKeys => keys.HasKeys;

    public bool IsAccepted(StringValues authorization, StringValues apiKey) =>
        FindName(authorization, apiKey) is not null;

    /// <summary>The consumer whose key is presented; null without a valid key.</summary>
    public string? FindName(StringValues authorization, StringValues apiKey) => keys.Find(authorization, apiKey)?.Name;
}
