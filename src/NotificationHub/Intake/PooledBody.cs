using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Intake;

internal enum BodyResult
{
    Complete,
    TooLarge,
    TimedOut,
    OverBudget,
    Undecodable,
}

/// <summary>Limits the bytes of bodies that are in memory before they are stored, for all locations or for one.</summary>
/// <param name="total">The budget of all locations; null if this is it.</param>
internal sealed class MemoryBudget(long limit, MemoryBudget? total = null)
{
    private long used;

    public long Used => Interlocked.Read(ref used);

    public bool TryTake(int bytes)
    {
        // Check the location's share first: a location that has used up its share must not use the memory of others.
        if (Interlocked.Add(ref used, bytes) <= limit && (total is null || total.TryTake(bytes)))
        {
            return true;
        }

        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public void Return(int bytes)
    {
        Interlocked.Add(ref used, -bytes);
        total?.Return(bytes);
    }
}

/// <summary>A body in pooled memory, charged to the memory budget as it grows.</summary>
// It is disposed after the commit or its failure, and never because the sender has disconnected: the writer still reads it.
internal sealed class PooledBody(MemoryBudget budget, int maxBytes) : IDisposable
{
    // Charge the bytes that were sent, not the Content-Length: otherwise a few senders could exhaust the budget with large headers.
    private const int UnknownLength = 1024;
    private const int MaxInitialSize = 16 * 1024;

    private byte[] buffer = [];
    private int length;
    private int charged;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>The size for which the budget had no memory; 0 if there was none.</summary>
    public int RefusedSize { get; private set; }

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

        if (!TryGrow((int)Math.Min(contentLength ?? UnknownLength, MaxInitialSize)))
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
                    // Most bodies arrive together with their headers and need no timer.
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
                    // Without this, Kestrel treats the read as unfinished and logs an error with a stack trace.
                    reader.AdvanceTo(result.Buffer.End);
                    return BodyResult.TimedOut;
                }

                var copied = Append(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (copied != BodyResult.Complete || result.IsCompleted)
                {
                    return copied;
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

        budget.Return(charged);
        (charged, length) = (0, 0);
    }

    private BodyResult Fill(Stream decoder)
    {
        if (!TryGrow(Math.Min(MaxInitialSize, maxBytes)))
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

    private BodyResult Append(ReadOnlySequence<byte> bytes)
    {
        var needed = length + bytes.Length;
        if (needed > maxBytes)
        {
            return BodyResult.TooLarge;
        }

        if (needed > charged && !TryGrow((int)Math.Max(needed, Math.Min(2L * buffer.Length, maxBytes))))
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

        if (!budget.TryTake(size - charged))
        {
            RefusedSize = size;
            return false;
        }

        charged = size;
        // The pool rounds up.
        if (size <= buffer.Length)
        {
            return true;
        }

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

internal enum ContentCoding
{
    None,
    Gzip,
    Deflate,
    Brotli,
    Unknown,
}

// ASP.NET Core's middleware for request decompression supports the same codings. But the intake decodes from memory, after it has
// verified the sender, and within the location's share of memory and time.
internal static class ContentCodings
{
    public const string Accepted = "gzip, deflate, br";

    private const int BytesPerDelivery = 16 * 1024;

    public static ContentCoding Read(StringValues contentEncoding) =>
        contentEncoding switch
        {
            [] => ContentCoding.None,
            [{ } coding] => Parse(coding.AsSpan().Trim()),
            _ => ContentCoding.Unknown,
        };

    /// <summary>The additional cost, in deliveries of the rate limit.</summary>
    public static int DecodingCost(int bytes) => bytes / BytesPerDelivery;

    public static Stream Open(ContentCoding coding, Stream encoded) =>
        coding switch
        {
            ContentCoding.Gzip => new GZipStream(encoded, CompressionMode.Decompress),
            // "deflate" is the zlib format (RFC 9110, 8.4.1.2).
            ContentCoding.Deflate => new ZLibStream(encoded, CompressionMode.Decompress),
            ContentCoding.Brotli => new BrotliStream(encoded, CompressionMode.Decompress),
            _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, message: null),
        };

    private static ContentCoding Parse(ReadOnlySpan<char> coding) =>
        coding.IsEmpty || Is(coding, "identity") ? ContentCoding.None
        : Is(coding, "gzip") || Is(coding, "x-gzip") ? ContentCoding.Gzip
        : Is(coding, "deflate") ? ContentCoding.Deflate
        : Is(coding, "br") ? ContentCoding.Brotli
        : ContentCoding.Unknown;

    private static bool Is(ReadOnlySpan<char> coding, string name) =>
        coding.Equals(name, StringComparison.OrdinalIgnoreCase);
}
