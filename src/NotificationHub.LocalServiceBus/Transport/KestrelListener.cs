using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Amqp.Transport;

namespace NotificationHub.LocalBus;

/// <summary>Passes the connections that Kestrel accepts to the AMQP library.</summary>
internal sealed class KestrelListener() : TransportListener("kestrel-listener")
{
    private const string Protocol = "amqp";

    public Task AcceptAsync(ConnectionContext connection) =>
        RunAsync(new PipeTransport(connection), connection.ConnectionClosed);

    /// <summary>Accepts AMQP over WebSockets, at any path.</summary>
    public async Task AcceptAsync(HttpContext context)
    {
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
        await RunAsync(new WebSocketTransport(socket, new Uri($"ws://{context.Request.Host}")), context.RequestAborted);
        if (socket.State is WebSocketState.Open)
        {
            context.Abort();
        }
    }

    protected override void OnListen() { }

    private async Task RunAsync(TransportBase transport, CancellationToken closing)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        transport.Closed += (_, _) => closed.TrySetResult();
        transport.Open();
        OnTransportAccepted(new TransportAsyncCallbackArgs { Transport = transport });
        using var aborted = closing.Register(() =>
        {
            transport.SafeClose();
            closed.TrySetResult();
        });
        await closed.Task;
    }
}
