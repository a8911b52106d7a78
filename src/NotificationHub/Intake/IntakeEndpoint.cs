using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// <c>POST /notifications/{locationId}</c>: verify, bound, read, append, answer. A 2xx means "committed to disk" and nothing
/// else: Apple tries three times and then never again, so nothing behind the log may stand between Apple and the commit.
/// </summary>
internal sealed partial class IntakeEndpoint(
    LocationCredentialCache gates,
    Database database,
    IOptions<IntakeOptions> options,
    TimeProvider time,
    ILogger<IntakeEndpoint> logger
)
{
    private const int MaxUserAgent = 256;

    // It comes before Apple takes the configuration, so that it does not prove that Apple did.
    private static ReadOnlySpan<byte> TestNotification => "TEST_NOTIFICATION"u8;

    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private long lastNotKeptLogged;

    public async Task HandleAsync(HttpContext context)
    {
        var locationId = (string)context.Request.RouteValues["locationId"]!;
        var gate = gates.Find(locationId);
        var admission = gate?.AcceptedCredentials ?? AcceptedCredentials.None;
        if (
            NotificationTokenVerifier.Verify(context.Request.Headers.Authorization, admission.Digests, out var slot)
            != VerificationResult.Valid
        )
        {
            gate?.CountRefused();
            IntakeMetrics.Count(IntakeOutcome.Refused);
            await IntakeResponses.UnauthorizedAsync(context);
            return;
        }

        context.MarkAuthenticated("location", gate!.LocationId);
        if (!gate.Rate.TryTake(out var retryAfter))
        {
            IntakeMetrics.Count(IntakeOutcome.TooMany);
            await IntakeResponses.TooManyAsync(context, retryAfter);
            return;
        }

        var coding = ContentCodings.Read(context.Request.Headers.ContentEncoding);
        if (coding == ContentCoding.Unknown)
        {
            IntakeMetrics.Count(IntakeOutcome.UnknownCoding);
            await IntakeResponses.UnknownCodingAsync(context);
            return;
        }

        using var body = new PooledBody(gate.Budget, options.Value.MaxBodyBytes);
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
                : coding == ContentCoding.None ? KeepAsync(context, gate, admission, slot, body.Bytes)
                : DecodeAsync(context, gate, admission, slot, coding, body)
            );
        }
        catch (BadHttpRequestException exception)
        {
            // Kestrel's own judgement: a malformed chunk, or a body beyond its bound.
            IntakeMetrics.Count(
                exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? IntakeOutcome.TooLarge
                    : IntakeOutcome.Malformed
            );
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            IntakeMetrics.Count(IntakeOutcome.TooSlow);
            context.Abort();
        }
    }

    /// <summary>
    /// Decodes within the location's budgets, because decoding costs much more memory and time than sending. The time is charged in
    /// advance, so that simultaneous requests cannot exceed the rate limit.
    /// </summary>
    private async Task DecodeAsync(
        HttpContext context,
        LocationCredentials gate,
        AcceptedCredentials admission,
        int slot,
        ContentCoding coding,
        PooledBody encoded
    )
    {
        var most = ContentCodings.CostOf(options.Value.MaxBodyBytes);
        if (!gate.Rate.TryTake(most, out var retryAfter))
        {
            IntakeMetrics.Count(IntakeOutcome.TooMany);
            await IntakeResponses.TooManyAsync(context, retryAfter);
            return;
        }

        using var body = new PooledBody(gate.Budget, options.Value.MaxBodyBytes);
        var result = body.Decode(coding, encoded.Bytes);
        if (
            result == BodyResult.OverBudget
            && encoded.Bytes.Length + options.Value.MaxBodyBytes > options.Value.LocationShare
        )
        {
            // Both forms of the body would never fit, however idle the location is: to try again would not help.
            result = BodyResult.TooLarge;
        }

        gate.Rate.GiveBack(most - ContentCodings.CostOf(Math.Max(encoded.Bytes.Length, body.Bytes.Length)));
        encoded.Dispose();
        await (
            result == BodyResult.Complete
                ? KeepAsync(context, gate, admission, slot, body.Bytes)
                : RefuseAsync(context, result)
        );
    }

    private async Task KeepAsync(
        HttpContext context,
        LocationCredentials gate,
        AcceptedCredentials admission,
        int slot,
        ReadOnlyMemory<byte> body
    )
    {
        var envelope = EnvelopeReader.Read(body);
        var append = ToAppend(context, gate, admission, envelope, body);
        AppendOutcome outcome;
        try
        {
            outcome = await database.AppendAsync(append);
        }
        // After any failure the notification is not stored, and Apple must retry.
        catch (Exception exception)
        {
            LogNotKept(gate.LocationId, exception);
            IntakeMetrics.Count(IntakeOutcome.Unavailable);
            await IntakeResponses.UnavailableAsync(context, "the store cannot be written to now");
            return;
        }

        admission.Uses[slot].Note(append.ReceivedAt, envelope.NotificationType.Span.SequenceEqual(TestNotification));
        var word = Outcome(outcome.Result, append.Disposition);
        IntakeMetrics.Count(word);
        DeliveryTrace.Note(gate.LocationId, word, outcome.Seq);
        if (envelope.Fault is not null)
        {
            if (outcome.Result == AppendResult.Stored)
            {
                Log.Rejected(logger, gate.LocationId, outcome.Seq, envelope.Fault);
            }

            await IntakeResponses.RejectedAsync(context, envelope.Fault);
        }
    }

    // A store that fails does so for every post: a line a second says it as well as thirty thousand.
    private void LogNotKept(string locationId, Exception exception)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref lastNotKeptLogged);
        if (
            (last == 0 || time.GetElapsedTime(last, now) >= LogInterval)
            && Interlocked.CompareExchange(ref lastNotKeptLogged, now, last) == last
        )
        {
            Log.NotKept(logger, locationId, exception);
        }
    }

    private Task RefuseAsync(HttpContext context, BodyResult result)
    {
        switch (result)
        {
            case BodyResult.TooLarge:
                IntakeMetrics.Count(IntakeOutcome.TooLarge);
                return IntakeResponses.TooLargeAsync(context, options.Value.MaxBodyBytes);
            case BodyResult.Undecodable:
                IntakeMetrics.Count(IntakeOutcome.Malformed);
                return IntakeResponses.UndecodableAsync(context);
            case BodyResult.TooSlow:
                IntakeMetrics.Count(IntakeOutcome.TooSlow);
                return IntakeResponses.TooSlowAsync(context);
            default:
                IntakeMetrics.Count(IntakeOutcome.OverBudget);
                return IntakeResponses.UnavailableAsync(context, "too many posts are on their way to the disk");
        }
    }

    private NotificationAppend ToAppend(
        HttpContext context,
        LocationCredentials gate,
        AcceptedCredentials admission,
        in Envelope envelope,
        ReadOnlyMemory<byte> body
    )
    {
        var sha256 = SHA256.HashData(body.Span);
        // One without an id can only be told from another by its bytes.
        var identity = envelope.NotificationId.IsEmpty ? sha256 : envelope.NotificationId.Span;
        return new NotificationAppend
        {
            LocationId = gate.LocationIdUtf8,
            DedupHash = DedupHash(gate.LocationIdUtf8, identity),
            NotificationId = envelope.NotificationId,
            NotificationType = envelope.NotificationType,
            UId = envelope.UId,
            Body = body,
            BodySha256 = sha256,
            ReceivedAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
            RemoteAddress = context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent
                ? agent[..Math.Min(agent.Length, MaxUserAgent)]
                : null,
            Traceparent = DeliveryTrace.Of(context.Request.Headers.TraceParent),
            Disposition = Judge(admission, envelope),
            Error = envelope.Fault,
            RejectedQuota = options.Value.MaxRejectedPerLocation,
        };
    }

    private static Disposition Judge(AcceptedCredentials admission, in Envelope envelope)
    {
        if (envelope.Fault is not null)
        {
            return Disposition.Rejected;
        }

        if (admission.IsRemoved)
        {
            return Disposition.Late;
        }

        // An absent uId contradicts nothing, and a location that has none yet cannot be contradicted.
        var foreign =
            !envelope.UId.IsEmpty && admission.UId.Length > 0 && !envelope.UId.Span.SequenceEqual(admission.UId);
        return foreign ? Disposition.Quarantined : Disposition.Accepted;
    }

    /// <summary>What stands for a location and an id in the index that finds repeats.</summary>
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
            (_, Disposition.Late) => IntakeOutcome.Late,
            (AppendResult.StoredAsConflict, _) => IntakeOutcome.Conflict,
            _ => IntakeOutcome.Stored,
        };

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Posts cannot be kept and are answered 503, among them one for location {LocationId}."
        )]
        public static partial void NotKept(ILogger logger, string locationId, Exception exception);

        [LoggerMessage(
            LogLevel.Warning,
            "A post for location {LocationId} was rejected, and kept as seq {Seq}: {Fault}."
        )]
        public static partial void Rejected(ILogger logger, string locationId, long seq, string fault);
    }
}
