using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A Key Vault behind the SDK's transport, with one certificate in one or more versions.</summary>
internal sealed class TestVault : HttpMessageHandler
{
    public const string Certificate = "https://contoso.vault.azure.net/certificates/key-ring";

    private const string Secret = "https://contoso.vault.azure.net/secrets/key-ring";
    private const string Token = "the-hubs-token";

    private readonly List<string> versions = [];

    public TestVault() => Renew();

    public List<string> Scopes { get; } = [];

    /// <summary>The status of every response, if set.</summary>
    public HttpStatusCode? Fault { get; set; }

    /// <summary>Whether the secrets contain no private key.</summary>
    public bool HasNoKey { get; set; }

    public void Renew() => versions.Add(Convert.ToBase64String(TestCertificate.CreatePfx()));

    public void DisableAll() => versions.Clear();

    public KeyVaultCertificates Client(TimeProvider? time = null) =>
        new(
            () => DelegatedTokenCredential.Create(Authenticate),
            time ?? TimeProvider.System,
            new HttpClientTransport(this)
        );

    public void Replace(IServiceCollection services) => services.AddSingleton(Client());

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Fault is { } status)
        {
            return new HttpResponseMessage(status);
        }

        if (request.Headers.Authorization is not { } authorization)
        {
            var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            challenge.Headers.WwwAuthenticate.Add(
                new AuthenticationHeaderValue(
                    "Bearer",
                    "authorization=\"https://login.windows.net/00000000-0000-0000-0000-000000000000\", resource=\"https://vault.azure.net\""
                )
            );
            return challenge;
        }

        authorization.ToString().ShouldBe($"Bearer {Token}");
        var segment = request.RequestUri!.Segments[^1];
        object response =
            segment == "versions"
                ? new { value = Enumerable.Range(0, versions.Count).Select(index => Describe(index, value: null)) }
                : Describe(int.Parse(segment, null), HasNoKey ? "bm8ga2V5" : versions[int.Parse(segment, null)]);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(JsonSerializer.Serialize(response), Encoding.UTF8, "application/json"),
        };
    }

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) => Task.FromResult(Send(request, cancellationToken));

    private AccessToken Authenticate(TokenRequestContext context, CancellationToken cancellationToken)
    {
        Scopes.AddRange(context.Scopes);
        return new AccessToken(Token, DateTimeOffset.MaxValue);
    }

    private static object Describe(int version, string? value) =>
        new
        {
            value,
            id = $"{Secret}/{version}",
            contentType = "application/x-pkcs12",
            attributes = new { enabled = true, created = 1_700_000_000 + version },
        };
}
