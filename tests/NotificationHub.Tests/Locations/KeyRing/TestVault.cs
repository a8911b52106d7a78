using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Core.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Tests.Publishing.ServiceBus;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A Key Vault on the wire, with one key in one or more versions, that really wraps and unwraps.</summary>
internal sealed class TestVault : HttpMessageHandler
{
    public const string Key = "https://contoso.vault.azure.net/keys/key-ring";

    private readonly Dictionary<string, RSA> versions = new(StringComparer.Ordinal);
    private string newest = "";

    public TestVault() => Rotate();

    public List<string> Requests { get; } = [];

    public StubCredential Credential { get; } = new(TimeProvider.System);

    /// <summary>What it answers instead, if anything.</summary>
    public HttpStatusCode? Fault { get; set; }

    public void Rotate()
    {
        newest = $"v{versions.Count + 1}";
        versions[newest] = RSA.Create(2048);
    }

    /// <summary>Has a hub find this vault, whatever its address.</summary>
    public void Stand(IServiceCollection services) =>
        services.AddSingleton(new KeyVaultPipeline(() => Credential, new HttpClientTransport(this)));

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add($"{request.Method} {request.RequestUri}");
        request.Headers.Authorization!.ToString().ShouldBe($"Bearer {StubCredential.Token}");
        if (Fault is { } status)
        {
            return new HttpResponseMessage(status);
        }

        using var body = JsonDocument.Parse(request.Content!.ReadAsStream(cancellationToken));
        body.RootElement.GetProperty("alg").GetString().ShouldBe("RSA-OAEP-256");
        var value = Base64Url.DecodeFromChars(body.RootElement.GetProperty("value").GetString());
        var words = request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var version = words.Length == 4 ? words[2] : newest;
        var result = words[^1] switch
        {
            "wrapkey" => versions[version].Encrypt(value, RSAEncryptionPadding.OaepSHA256),
            "unwrapkey" => versions[version].Decrypt(value, RSAEncryptionPadding.OaepSHA256),
            var other => throw new InvalidOperationException(other),
        };
        var answer = new { kid = $"{Key}/{version}", value = Base64Url.EncodeToString(result) };
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(JsonSerializer.Serialize(answer), Encoding.UTF8, "application/json"),
        };
    }

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) => Task.FromResult(Send(request, cancellationToken));
}
