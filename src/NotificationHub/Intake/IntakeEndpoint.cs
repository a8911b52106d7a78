using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// Handles <c>POST /notifications/{locationId}</c>. A 2xx response means "committed to disk" and nothing else: Apple tries three times
/// and then never again, so no later stage may delay the commit.
/// </summary>
internal sealed partial class IntakeEndpoint(
    LocationCredentialCache credentials,
    Database database,
    IntakeMetrics metrics,
    IOptions<IntakeOptions> options,
    TimeProvider time,
    ILogger<IntakeEndpoint> logger
)
{
    private const int MaxUserAgent = 256;
    private const int MaxContentType = 256;

    // Apple sends it before it accepts a new configuration, so it does not prove that Apple uses the secret.
    private static ReadOnlySpan<byte> TestNotification => "TEST_NOTIFICATION"u8;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private long lastFailureLogged;

    public async Task HandleAsync(HttpContext context)
    {
        var locationId = (string)context.Request.RouteValues["locationId"]!;
        var location = credentials.Find(locationId);
        var slot = NotificationTokenVerifier.Verify(
            context.Request.Headers.Authorization,
            location?.Digests ?? AcceptedDigests.UnknownLocation
        );
        if (slot < 0)
        {
            location?.CountUnauthorized();
            metrics.Count(IntakeOutcome.Unauthorized);
            await IntakeResponses.UnauthorizedAsync(context);
            return;
        }

        context.MarkAuthenticated("location", location!.LocationId);
        if (!location.Rate.TryTake(out var retryAfter))
        {
            metrics.Count(IntakeOutcome.RateLimited);
            await IntakeResponses.RateLimitedAsync(context, retryAfter);
            return;
        }

        var coding = ContentCodings.Read(context.Request.Headers.ContentEncoding);
        if (coding == ContentCoding.Unknown)
        {
            metrics.Count(IntakeOutcome.UnknownCoding);
            await IntakeResponses.UnknownCodingAsync(context);
            return;
        }

        using var body = new PooledBody(location.Budget, options.Value.MaxBodyBytes);
        try
        {
            var read = await body.ReadAsync(
                context.Request.BodyReader,
                context.Request.ContentLength,
                options.Value.BodyTimeout,
                time
            );
            await (
                read != BodyResult.Complete ? RefuseAsync(context, read)
                : coding == ContentCoding.None ? StoreAsync(context, location, slot, body.Bytes)
                : DecodeAsync(context, location, slot, coding, body)
            );
        }
        catch (BadHttpRequestException exception)
        {
            // Kestrel found a malformed chunk, or a body beyond its own limit.
            metrics.Count(
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? IntakeOutcome.TooLarge
                    : IntakeOutcome.Malformed
            );
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            metrics.Count(IntakeOutcome.TimedOut);
            context.Abort();
        }
    }

    // Decoding costs much more memory and time than sending, so both are charged to the location. Time is charged in advance:
    // otherwise simultaneous requests could exceed the rate limit.
    private async Task DecodeAsync(
        HttpContext context,
        LocationCredentials location,
        int slot,
        ContentCoding coding,
        PooledBody encoded
    )
    {
        var maxCost = ContentCodings.DecodingCost(options.Value.MaxBodyBytes);
        if (!location.Rate.TryTake(maxCost, out var retryAfter))
        {
            metrics.Count(IntakeOutcome.RateLimited);
            await IntakeResponses.RateLimitedAsync(context, retryAfter);
            return;
        }

        using var body = new PooledBody(location.Budget, options.Value.MaxBodyBytes);
        var result = body.Decode(coding, encoded.Bytes);
        if (result == BodyResult.OverBudget && encoded.Bytes.Length + body.RefusedSize > options.Value.LocationShare)
        {
            // Both forms of the body do not fit into the location's share, even if it is free: a retry would not help.
            result = BodyResult.TooLarge;
        }

        location.Rate.Return(maxCost - ContentCodings.DecodingCost(Math.Max(encoded.Bytes.Length, body.Bytes.Length)));
        encoded.Dispose();
        await (
            result == BodyResult.Complete
                ? StoreAsync(context, location, slot, body.Bytes)
                : RefuseAsync(context, result)
        );
    }

    private async Task StoreAsync(
        HttpContext context,
        LocationCredentials location,
        int slot,
        ReadOnlyMemory<byte> body
    )
    {
        var envelope = EnvelopeReader.Read(body);
        var append = ToAppend(context, location, envelope, body);
        AppendOutcome stored;
        try
        {
            stored = await database.AppendAsync(append);
        }
        // After any failure the notification is not stored, and Apple must retry.
        catch (Exception exception)
        {
            LogFailure(location.LocationId, exception);
            metrics.Count(IntakeOutcome.Unavailable);
            await IntakeResponses.UnavailableAsync(context, "the database cannot be written to");
            return;
        }

        location.Usages[slot].Record(append.ReceivedAt, envelope.NotificationType.Span.SequenceEqual(TestNotification));
        var outcome = Outcome(stored.Result, append.Disposition);
        metrics.Count(outcome);
        DeliveryTrace.SetOutcome(location.LocationId, outcome, stored.Seq);
        if (envelope.Error is not null)
        {
            if (stored.Result == AppendResult.Stored)
            {
                Log.Rejected(logger, location.LocationId, stored.Seq, envelope.Error);
            }

            await IntakeResponses.RejectedAsync(context, envelope.Error);
        }
    }

    // A database that fails does so for every delivery: one line a second is enough.
    private void LogFailure(string locationId, Exception exception)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref lastFailureLogged);
        if (
            (last == 0 || time.GetElapsedTime(last, now) >= LogInterval)
            && Interlocked.CompareExchange(ref lastFailureLogged, now, last) == last
        )
        {
            Log.NotStored(logger, locationId, exception);
        }
    }

    private Task RefuseAsync(HttpContext context, BodyResult result)
    {
        switch (result)
        {
            case BodyResult.TooLarge:
                metrics.Count(IntakeOutcome.TooLarge);
                return IntakeResponses.TooLargeAsync(context, options.Value.MaxBodyBytes);
            case BodyResult.Undecodable:
                metrics.Count(IntakeOutcome.Malformed);
                return IntakeResponses.UndecodableAsync(context);
            case BodyResult.TimedOut:
                metrics.Count(IntakeOutcome.TimedOut);
                return IntakeResponses.TimedOutAsync(context);
            default:
                metrics.Count(IntakeOutcome.Overloaded);
                return IntakeResponses.UnavailableAsync(context, "too many deliveries are waiting to be stored");
        }
    }

    private NotificationAppend ToAppend(
        HttpContext context,
        LocationCredentials location,
        in Envelope envelope,
        ReadOnlyMemory<byte> body
    )
    {
        var sha256 = SHA256.HashData(body.Span);
        // Without a notification ID, only the body identifies a repeat.
        var identity = envelope.NotificationId.IsEmpty ? sha256 : envelope.NotificationId.Span;
        return new NotificationAppend
        {
            LocationId = location.LocationIdUtf8,
            DedupHash = DedupHash(location.LocationIdUtf8, identity),
            NotificationId = envelope.NotificationId,
            NotificationType = envelope.NotificationType,
            UId = envelope.UId,
            Body = body,
            BodySha256 = sha256,
            ReceivedAt = time.GetStoredUtcNow(),
            RemoteAddress = context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent
                ? agent[..Math.Min(agent.Length, MaxUserAgent)]
                : null,
            ContentType = GetContentType(context.Request.Headers.ContentType.ToString()),
            Traceparent = DeliveryTrace.GetTraceparent(context.Request.Headers.TraceParent),
            Disposition = GetDisposition(location, envelope),
            Error = envelope.Error,
            RejectedQuota = options.Value.MaxRejectedPerLocation,
        };
    }

    private static string? GetContentType(string header) =>
        header == NotificationLog.UsualContentType ? null : header[..Math.Min(header.Length, MaxContentType)];

    private static Disposition GetDisposition(LocationCredentials location, in Envelope envelope)
    {
        if (envelope.Error is not null)
        {
            return Disposition.Rejected;
        }

        if (location.IsRemoved)
        {
            return Disposition.AfterRemoval;
        }

        // A missing uId, here or in the location, contradicts nothing.
        var isForeign =
            !envelope.UId.IsEmpty && location.UId.Length > 0 && !envelope.UId.Span.SequenceEqual(location.UId);
        return isForeign ? Disposition.Quarantined : Disposition.Accepted;
    }

    /// <summary>The value of the deduplication index for a location and a notification ID.</summary>
    internal static long DedupHash(ReadOnlySpan<byte> locationId, ReadOnlySpan<byte> identity)
    {
        Span<byte> input = stackalloc byte[locationId.Length + 1 + identity.Length];
        locationId.CopyTo(input);
        input[locationId.Length] = 0;
        identity.CopyTo(input[(locationId.Length + 1)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    private static string Outcome(AppendResult result, Disposition disposition) =>
        (result, disposition) switch
        {
            (AppendResult.Duplicate, _) => IntakeOutcome.Duplicate,
            (_, Disposition.Rejected) => IntakeOutcome.Rejected,
            (_, Disposition.Quarantined) => IntakeOutcome.Quarantined,
            (_, Disposition.AfterRemoval) => IntakeOutcome.AfterRemoval,
            (AppendResult.StoredAsConflict, _) => IntakeOutcome.Conflict,
            _ => IntakeOutcome.Stored,
        };

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not store notifications; responding 503 (location {LocationId} among others)."
        )]
        public static partial void NotStored(ILogger logger, string locationId, Exception exception);

        [LoggerMessage(
            LogLevel.Warning,
            "Rejected a delivery for location {LocationId}: {Error}. It is stored with seq {Seq} and not routed."
        )]
        public static partial void Rejected(ILogger logger, string locationId, long seq, string error);
    }
}
