using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Tests.Crash;

/// <summary>The address that Apple knows: it stays the same whichever hub is behind the door.</summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private readonly HubDoor door;
    private readonly WebApplication listener;

    private LoadBalancer(HubDoor door)
    {
        this.door = door;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        listener = builder.Build();
        listener.Run(ForwardAsync);
    }

    public Uri Url => new(listener.Urls.Single());

    public static async Task<LoadBalancer> StartAsync(HubDoor door)
    {
        var balancer = new LoadBalancer(door);
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
        var hub = await door.Url.WaitAsync(context.RequestAborted);
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            new Uri(hub, context.Request.Path)
        );
        request.Content = new StreamContent(context.Request.Body);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        try
        {
            using var response = await http.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
    }
}
