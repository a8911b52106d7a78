using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// Wraps with an RSA key that never leaves its Key Vault, over the vault's documented HTTPS interface (<c>wrapkey</c>, <c>unwrapkey</c>).
/// The answer names the version that wrapped, so that the key can be rotated there: former versions go on unwrapping.
/// </summary>
/// <param name="key">The key's identifier, without a version for the newest.</param>
/// <param name="pipeline">To its vault.</param>
/// <param name="time">Bounds what is waited for the vault.</param>
internal sealed class KeyVaultWrap(Uri key, HttpPipeline pipeline, TimeProvider time) : IKeyWrap
{
    private const string ApiVersion = "7.4";
    private const string Algorithm = "RSA-OAEP-256";
    private const int NameSegments = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Data Protection tries ten times at once, and the start of the hub waits for it.</summary>
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(15);

    private CryptographicException? fault;
    private long faultAt;

    public WrappedKey Wrap(byte[] secret)
    {
        using var answer = Ask(key, "wrapkey", secret);
        var by = answer.RootElement.GetProperty("kid").GetString()!;
        return Knows(by)
            ? new WrappedKey(by, ValueOf(answer))
            : throw new CryptographicException($"The Key Vault answered for another key than {key}.");
    }

    // Whoever can write to the database must not lead the hub's token elsewhere.
    public bool Knows(string wrappedBy) =>
        Uri.TryCreate(wrappedBy, UriKind.Absolute, out var one)
        && one is { Scheme: "https", UserInfo: "", Query: "", Fragment: "" }
        && one.Authority.Equals(key.Authority, StringComparison.OrdinalIgnoreCase)
        && one.Segments.Take(NameSegments)
            .Select(segment => segment.TrimEnd('/'))
            .SequenceEqual(
                key.Segments.Take(NameSegments).Select(segment => segment.TrimEnd('/')),
                StringComparer.OrdinalIgnoreCase
            );

    public byte[] Unwrap(WrappedKey wrapped)
    {
        using var answer = Ask(new Uri(wrapped.By), "unwrapkey", wrapped.Bytes);
        return ValueOf(answer);
    }

    private static byte[] ValueOf(JsonDocument answer) =>
        Base64Url.DecodeFromChars(answer.RootElement.GetProperty("value").GetString());

    private JsonDocument Ask(Uri id, string operation, byte[] value)
    {
        if (fault is { } recent && time.GetElapsedTime(Interlocked.Read(ref faultAt)) < PauseAfterFault)
        {
            throw new CryptographicException(recent.Message, recent);
        }

        try
        {
            var answer = Send(id, operation, value);
            fault = null;
            return answer;
        }
        catch (Exception exception)
            when (exception
                    is RequestFailedException
                        or AuthenticationFailedException
                        or OperationCanceledException
                        or JsonException
            )
        {
            Interlocked.Exchange(ref faultAt, time.GetTimestamp());
            fault = new CryptographicException($"The key {id} cannot be used: {Reason(exception)}", exception);
            throw fault;
        }
    }

    private JsonDocument Send(Uri id, string operation, byte[] value)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var message = pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Post;
        message.Request.Uri.Reset(
            new Uri($"{id.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{operation}?api-version={ApiVersion}")
        );
        message.Request.Headers.Add(HttpHeader.Common.JsonContentType);
        message.Request.Headers.Add(HttpHeader.Common.JsonAccept);
        message.Request.Content = RequestContent.Create(
            JsonSerializer.SerializeToUtf8Bytes(new { alg = Algorithm, value = Base64Url.EncodeToString(value) })
        );
        // Data Protection's interfaces are synchronous, and so is the whole way down.
        pipeline.Send(message, limit.Token);
        return message.Response.Status == 200
            ? JsonDocument.Parse(message.Response.Content)
            : throw new RequestFailedException(message.Response.Status, "not 200");
    }

    private static string Reason(Exception exception) =>
        exception switch
        {
            RequestFailedException { Status: 401 or 403 } =>
                "its vault refuses the hub's identity. Assign the role Key Vault Crypto Service Encryption User on the key, and let the hub's network in.",
            RequestFailedException { Status: 404 } => "it is not there. Recover it, or correct the setting.",
            RequestFailedException { Status: > 0 } answered =>
                $"its vault answered {answered.Status}. The key must be an RSA key that is enabled and may wrap and unwrap.",
            AuthenticationFailedException => "the hub's identity cannot be proven to Microsoft Entra ID.",
            _ => "its vault cannot be reached, or does not answer in time.",
        };
}
