using FluentValidation;
using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

internal sealed record TestRequest(string LocationId, TimeSpan Wait)
{
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(5);
}

internal sealed class TestRequestValidator : AbstractValidator<TestRequest>
{
    public TestRequestValidator()
    {
        RuleFor(request => request.LocationId).IsLocationId();
        RuleFor(request => request.Wait)
            .InclusiveBetween(TimeSpan.Zero, TestRequest.MaxWait)
            .WithMessage("must be between zero and five minutes");
    }
}

internal enum TestOutcome
{
    /// <summary>The test notification arrived, and Apple accepted the configuration.</summary>
    Arrived,

    /// <summary>Apple accepted the configuration, but the test notification is not in this hub's log.</summary>
    AnsweredElsewhere,

    /// <summary>The test notification was stored, but Apple got no 2xx response.</summary>
    ArrivedUnanswered,

    /// <summary>The test notification did not arrive, and Apple refused the URL.</summary>
    NotArrived,
}

internal sealed record TestResult(TestOutcome Outcome, long? Seq, string Message);

/// <summary>Makes Apple send a test notification, by configuring the location with a new secret, and checks whether it arrives.</summary>
internal sealed class LocationTest(
    Database database,
    LocationLocks locks,
    LocationApple apple,
    ReplicaBarrier replicas,
    LocationRotation rotation,
    TimeProvider time
)
{
    private static readonly TestRequestValidator Validator = new();
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    public async Task<TestResult> TestAsync(TestRequest request, CancellationToken cancellationToken)
    {
        Validator.Ensure(request);
        await using var locked = await locks.OpenAsync(request.LocationId, cancellationToken);
        LocationStates.EnsureCallable(locked.Location);
        await replicas.EnsureLiveAsync(cancellationToken);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var before = await ReadLastSeqAsync(cancellationToken);
        var isAccepted = await ConfigureAsync(locked, apple.Open(locked.Location, rate), cancellationToken);
        // If Apple refused the URL, its test notification has arrived by now or never will.
        var wait = isAccepted ? request.Wait : TimeSpan.Zero;
        var seq = await AwaitAsync(locked.Location.LocationId, before, wait, cancellationToken);
        return CreateResult(locked.Location, isAccepted, seq);
    }

    private static TestResult CreateResult(Location location, bool isAccepted, long? seq) =>
        (isAccepted, seq) switch
        {
            (true, not null) => new(
                TestOutcome.Arrived,
                seq,
                "Apple's test notification arrived through the public URL, and Apple got a 2xx response."
            ),
            (true, null) => new(
                TestOutcome.AnsweredElsewhere,
                null,
                $"Apple got a 2xx response from {location.NotificationUrl}, but the test notification is not in this hub's log. "
                    + "Find out what responds there: another hub with its own database, or a proxy."
            ),
            (false, not null) => new(
                TestOutcome.ArrivedUnanswered,
                seq,
                "The test notification arrived and was stored, but Apple got no 2xx response and refused the configuration. "
                    + "Apple keeps the previous settings. Check the proxy before the hub: it changes or delays the response."
            ),
            _ => new(
                TestOutcome.NotArrived,
                null,
                $"Apple could not deliver the test notification to {location.NotificationUrl} and refused the configuration. "
                    + "Apple keeps the previous settings. Check DNS, the certificate chain, the firewall, and the proxy before the hub."
            ),
        };

    /// <returns>False if Apple refused the URL.</returns>
    private async Task<bool> ConfigureAsync(
        LockedLocation locked,
        AppleSession session,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await rotation.RotateAsync(locked, session, overwrite: false, mayResume: false, cancellationToken);
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
            var last = await ReadLastSeqAsync(cancellationToken);
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

    private Task<long> ReadLastSeqAsync(CancellationToken cancellationToken) =>
        database.ScalarAsync<long>("select coalesce(max(seq), 0) from notification_log", null, cancellationToken);

    private Task<long?> FindAsync(string locationId, long after, long last, CancellationToken cancellationToken) =>
        database.ScalarAsync<long?>(
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
            },
            cancellationToken
        );
}
