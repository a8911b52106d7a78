using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Transport;

namespace NotificationHub.LocalBus;

/// <summary>The AMQP library's transport over a connection of Kestrel.</summary>
internal sealed class PipeTransport(ConnectionContext connection) : TransportBase("kestrel")
{
    public override string LocalEndPoint => connection.LocalEndPoint?.ToString() ?? "";

    public override string RemoteEndPoint => connection.RemoteEndPoint?.ToString() ?? "";

    public override void SetMonitor(ITransportMonitor usageMeter) { }

    public override bool ReadAsync(TransportAsyncCallbackArgs args)
    {
        if (connection.Transport.Input.TryRead(out var result))
        {
            Complete(args, result);
            return false;
        }

        return Run(args, ReadLaterAsync(args));
    }

    public override bool WriteAsync(TransportAsyncCallbackArgs args)
    {
        var output = connection.Transport.Output;
        if (args.Buffer is not null)
        {
            output.Write(args.Buffer.AsSpan(args.Offset, args.Count));
        }
        else
        {
            foreach (var buffer in args.ByteBufferList)
            {
                output.Write(buffer.Buffer.AsSpan(buffer.Offset, buffer.Length));
            }
        }

        return Run(args, FlushAsync(args, output));
    }

    protected override bool CloseInternal() => true;

    /// <summary>Resets the TCP connection.</summary>
    protected override void AbortInternal() => connection.Abort();

    private async Task ReadLaterAsync(TransportAsyncCallbackArgs args) =>
        Complete(args, await connection.Transport.Input.ReadAsync(connection.ConnectionClosed));

    private static async Task FlushAsync(TransportAsyncCallbackArgs args, PipeWriter output)
    {
        var count = args.Count;
        var result = await output.FlushAsync();
        args.BytesTransfered = result.IsCompleted || result.IsCanceled ? 0 : count;
        if (args.BytesTransfered == 0)
        {
            args.Exception = new IOException("The connection is closed.");
        }
    }

    private void Complete(TransportAsyncCallbackArgs args, ReadResult result)
    {
        var available = result.Buffer;
        var taken = available.Slice(0, Math.Min(available.Length, args.Count));
        var count = (int)taken.Length;
        taken.CopyTo(args.Buffer.AsSpan(args.Offset));
        connection.Transport.Input.AdvanceTo(taken.End);
        args.BytesTransfered = count;
    }

    /// <summary>Returns whether the operation is pending, as the library expects.</summary>
    private static bool Run(TransportAsyncCallbackArgs args, Task operation)
    {
        args.CompletedSynchronously = operation.IsCompleted;
        if (operation.IsCompleted)
        {
            args.Exception ??= operation.Exception?.InnerException;
            return false;
        }

        _ = CallBackAsync(args, operation);
        return true;
    }

    private static async Task CallBackAsync(TransportAsyncCallbackArgs args, Task operation)
    {
        try
        {
            await operation;
        }
        catch (Exception e)
        {
            args.Exception = e;
        }

        args.CompletedCallback?.Invoke(args);
    }
}
