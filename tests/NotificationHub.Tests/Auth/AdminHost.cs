using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NotificationHub.Admin;
using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.Tests.Auth;

/// <summary>A server with two admin routes and nothing else: one to look, one to change something.</summary>
internal sealed class AdminHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http;

    private AdminHost(WebApplication app)
    {
        this.app = app;
        http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <param name="environment">Such as <c>Production</c>.</param>
    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static async Task<AdminHost> StartAsync(string environment, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder([
            "--urls=http://127.0.0.1:0",
            $"--environment={environment}",
            .. settings.Select(setting => $"--{setting}"),
        ]);
        builder.Logging.ClearProviders();
        var hub = new HubBuilder(builder);
        hub.AddAuth();
        hub.AddAdminApi();
        hub.ThrowIfInvalid();
        var app = builder.Build();
        app.MapAdmin(admin =>
        {
            admin.MapGet("/admin/look", (HttpContext context) => HubPrincipal.NameOf(context.User));
            admin.MapPost("/admin/change", () => "changed").RequireAuthorization(HubPolicies.Operate);
        });
        await app.StartAsync();
        return new AdminHost(app);
    }

    /// <summary>A key's settings, with the digest of <paramref name="key"/>.</summary>
    public static string[] Key(int index, string name, string key, string role) =>
        [
            $"Auth:ApiKeys:{index}:Name={name}",
            $"Auth:ApiKeys:{index}:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
            $"Auth:ApiKeys:{index}:Role={role}",
        ];

    public async Task<HttpStatusCode> ReadAsync(string? bearer = null) => (await GetAsync(bearer)).StatusCode;

    public async Task<HttpStatusCode> ChangeAsync(string? bearer = null) =>
        (await SendAsync(HttpMethod.Post, "/admin/change", bearer)).StatusCode;

    public Task<HttpResponseMessage> GetAsync(string? bearer = null) =>
        SendAsync(HttpMethod.Get, "/admin/look", bearer);

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string? bearer = null,
        Action<HttpRequestMessage>? shape = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        shape?.Invoke(request);
        return await http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
