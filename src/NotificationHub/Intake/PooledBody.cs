using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace NotificationHub.Intake;

internal enum BodyResult
{
    Complete,
    TooLarge,
    TooSlow,
    OverBudget,
    Undecodable,
}

/// <summary>
/// A body in pooled memory, paid for from the byte budget as it grows. It is given back when it is disposed of: after its
/// commit or its failure, and never merely because the sender has gone.
/// </summary>
internal sealed class PooledBody(MemoryBudget budget, int maxBytes) : IDisposable
{
    // A sender pays for what it has sent, not for what it has announced: else a few could use up the budget with promises.
    private const int UnknownLength = 1024;
    private const int MostAtFirst = 16 * 1024;

    private byte[] buffer = [];
    private int length;
    private int paid;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Reads to the end, or until a bound is met.</summary>
    public async ValueTask<BodyResult> ReadAsync(
        PipeReader reader,
        long? contentLength,
        TimeSpan timeout,
        TimeProvider time
    )
    {
        if (contentLength > maxBytes)
        {
            return BodyResult.TooLarge;
        }

        if (!TryGrow((int)Math.Min(contentLength ?? UnknownLength, MostAtFirst)))
        {
            return BodyResult.OverBudget;
        }

        ITimer? deadline = null;
        try
        {
            while (true)
            {
                var read = reader.ReadAsync(CancellationToken.None);
                if (!read.IsCompleted)
                {
                    // Most bodies arrive with their headers: only a sender that lets us wait costs a timer.
                    deadline ??= time.CreateTimer(
                        static state => ((PipeReader)state!).CancelPendingRead(),
                        reader,
                        timeout,
                        Timeout.InfiniteTimeSpan
                    );
                }

                var result = await read;
                if (result.IsCanceled)
                {
                    // Kestrel treats an unfinished read as an error, and logs it with a stack trace.
                    reader.AdvanceTo(result.Buffer.End);
                    return BodyResult.TooSlow;
                }

                var taken = Take(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (taken != BodyResult.Complete || result.IsCompleted)
                {
                    return taken;
                }
            }
        }
        finally
        {
            if (deadline is not null)
            {
                await deadline.DisposeAsync();
            }
        }
    }

    /// <summary>Decodes a body that has been read, up to the limit for decoded bytes.</summary>
    public BodyResult Decode(ContentCoding coding, ReadOnlyMemory<byte> encoded)
    {
        MemoryMarshal.TryGetArray(encoded, out var bytes);
        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        using var decoder = ContentCodings.Open(coding, stream);
        try
        {
            return Fill(decoder);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or IOException)
        {
            return BodyResult.Undecodable;
        }
    }

    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }

        budget.GiveBack(paid);
        (paid, length) = (0, 0);
    }

    private BodyResult Fill(Stream decoder)
    {
        if (!TryGrow(Math.Min(MostAtFirst, maxBytes)))
        {
            return BodyResult.OverBudget;
        }

        while (true)
        {
            if (length == maxBytes)
            {
                return decoder.ReadByte() < 0 ? BodyResult.Complete : BodyResult.TooLarge;
            }

            if (length == buffer.Length && !TryGrow((int)Math.Min(2L * buffer.Length, maxBytes)))
            {
                return BodyResult.OverBudget;
            }

            var read = decoder.Read(buffer.AsSpan(length, Math.Min(buffer.Length, maxBytes) - length));
            if (read == 0)
            {
                return BodyResult.Complete;
            }

            length += read;
        }
    }

    private BodyResult Take(ReadOnlySequence<byte> bytes)
    {
        var needed = length + bytes.Length;
        if (needed > maxBytes)
        {
            return BodyResult.TooLarge;
        }

        if (needed > buffer.Length && !TryGrow((int)Math.Max(needed, Math.Min(2L * buffer.Length, maxBytes))))
        {
            return BodyResult.OverBudget;
        }

        bytes.CopyTo(buffer.AsSpan(length));
        length = (int)needed;
        return BodyResult.Complete;
    }

    private bool TryGrow(int size)
    {
        if (size == 0)
        {
            return true;
        }

        if (!budget.TryTake(size - paid))
        {
            return false;
        }

        paid = size;
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, length).CopyTo(larger);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        buffer = larger;
        return true;
    }
}
