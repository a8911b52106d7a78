using Dapper;
using FluentValidation;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <param name="LocationId">The location.</param>
/// <param name="Wait">How long the test notification is waited for.</param>
internal sealed record TestRequest(string LocationId, TimeSpan Wait) : LocationRequest(LocationId)
{
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);
}

internal sealed class TestRequestValidator : AbstractValidator<TestRequest>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public TestRequestValidator()
    {
        Include(new LocationRequestValidator());
        RuleFor(request => request.Wait)
            .InclusiveBetween(TimeSpan.Zero, Longest)
            .WithMessage("must lie between zero and five minutes");
    }
}

internal enum TestOutcome
{
    /// <summary>It arrived through the public URL, and Apple took the configuration.</summary>
    Arrived,

    /// <summary>Apple took the configuration, so somebody answered; but no test notification is in this hub's log.</summary>
    AnsweredElsewhere,

    /// <summary>It arrived and was kept, but Apple did not see it answered.</summary>
    ArrivedUnanswered,

    /// <summary>It did not arrive, and Apple refused the URL.</summary>
    NotArrived,
}

/// <param name="Outcome">What happened.</param>
/// <param name="Seq">The test notification's place in the notification log.</param>
/// <param name="Words">What that means, and what to do.</param>
internal sealed record TestResult(TestOutcome Outcome, long? Seq, string Words);

/// <summary>Has Apple post a test notification, by configuring the location again with a new secret, and looks whether it arrives.</summary>
internal sealed class LocationTest(
    Database database,
    LocationOpener desk,
    LocationApple apple,
    ReplicaBarrier replicas,
    SecretRotation rollover,
    TimeProvider time
)
{
    private static readonly TestRequestValidator Validator = new();
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <exception cref="LocationException">There was no test: the location cannot be configured as it is, or Apple did not answer.</exception>
    public async Task<TestResult> TestAsync(TestRequest request, CancellationToken cancellationToken)
    {
        Validator.Ensure(request);
        await using var opened = await desk.OpenAsync(request, cancellationToken);
        LocationOpener.EnsureCallable(opened.Location);
        await replicas.EnsureLiveAsync(cancellationToken);
        using var rate = new RequestRate(time);
        var before = await LastSeqAsync(cancellationToken);
        var isAccepted = await PostAsync(opened, apple.Open(opened.Location, rate), cancellationToken);
        // What Apple saw unanswered has arrived by now, or never will.
        var wait = isAccepted ? request.Wait : TimeSpan.Zero;
        var seq = await AwaitAsync(opened.Location.LocationId, before, wait, cancellationToken);
        return Judge(opened.Location, isAccepted, seq);
    }

    private static TestResult Judge(Location location, bool isAccepted, long? seq) =>
        (isAccepted, seq) switch
        {
            (true, not null) => new(
                TestOutcome.Arrived,
                seq,
                "Apple's test notification arrived through the public URL and was answered."
            ),
            (true, null) => new(
                TestOutcome.AnsweredElsewhere,
                null,
                $"Apple took the configuration, so something at {location.NotificationUrl} answered the test notification; but it is not in this hub's "
                    + "log. Find out what answers there: another hub with a database of its own, or a proxy that answers by itself."
            ),
            (false, not null) => new(
                TestOutcome.ArrivedUnanswered,
                seq,
                "The test notification arrived and was kept, but Apple did not see it answered with 2xx, and refused the configuration. The "
                    + "settings at Apple are as before. Look at what lies between: a proxy that answers otherwise, or an answer that comes too late."
            ),
            _ => new(
                TestOutcome.NotArrived,
                null,
                $"Apple could not deliver the test notification to {location.NotificationUrl}, and refused the configuration. The settings at Apple are "
                    + "as before. Look at the name's resolution, the certificate's chain, the firewall, and the proxy before the hub."
            ),
        };

    /// <returns>False where Apple refused the URL.</returns>
    private async Task<bool> PostAsync(LockedLocation opened, AppleSession session, CancellationToken cancellationToken)
    {
        try
        {
            var order = new RotationOrder(TakeBack: false, PostAnyhow: true);
            await rollover.RollAsync(opened, session, order, cancellationToken);
            return true;
        }
        catch (LocationException refused)
            when (refused.InnerException is AppleException { Kind: AppleErrorKind.NotificationUrlRefused })
        {
            return false;
        }
    }

    private async Task<long?> AwaitAsync(
        string locationId,
        long before,
        TimeSpan wait,
        CancellationToken cancellationToken
    )
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var last = await LastSeqAsync(cancellationToken);
            if (await FindAsync(locationId, before, last, cancellationToken) is { } seq)
            {
                return seq;
            }

            if (time.GetElapsedTime(startedAt) >= wait)
            {
                return null;
            }

            before = last;
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<long> LastSeqAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>("select coalesce(max(seq), 0) from notification_log");
    }

    private async Task<long?> FindAsync(string locationId, long after, long last, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(
            """
            select min(seq)
            from notification_log
            where seq > @after and seq <= @last and location_id = @locationId and notification_type = @TestNotification
            """,
            new
            {
                after,
                last,
                locationId,
                AppleNotificationTypes.TestNotification,
            }
        );
    }
}
