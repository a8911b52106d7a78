using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Tests.Crash;

/// <summary>A load balancer in front of the hubs, whose URL stays the same while hubs come and go.</summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(4) };
    private readonly IReadOnlyList<HubEndpoint> endpoints;
    private readonly WebApplication listener;
    private int requests;

    private LoadBalancer(IReadOnlyList<HubEndpoint> endpoints)
    {
        this.endpoints = endpoints;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        listener = builder.Build();
        listener.Run(ForwardAsync);
    }

    public Uri Url => new(listener.Urls.Single());

    public static async Task<LoadBalancer> StartAsync(params IReadOnlyList<HubEndpoint> endpoints)
    {
        var balancer = new LoadBalancer(endpoints);
        await balancer.listener.StartAsync();
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var hub = await HubEndpoint
            .NextAvailableAsync(endpoints, Interlocked.Increment(ref requests))
            .WaitAsync(context.RequestAborted);
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            new Uri(hub, context.Request.Path)
        );
        request.Content = new StreamContent(context.Request.Body);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        request.Headers.TryAddWithoutValidation("User-Agent", context.Request.Headers.UserAgent.ToString());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        try
        {
            using var response = await http.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
    }
}
