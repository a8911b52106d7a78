using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Health;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Publishing;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

public sealed class DatabaseGaugesTests
{
    [Fact]
    public async Task Locations_and_open_dead_letters_are_counted_and_zeros_are_reported()
    {
        await using var test = await TestDatabase.OpenAsync();
        string[] states = ["valid", "valid", "revoked"];
        foreach (var (i, state) in states.Index())
        {
            await test.ExecuteAsync(
                """
                insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                values (@id, @state, 0, 1, 0, 0)
                """,
                new { id = $"location-{i}", state }
            );
        }

        await AddDeadLetterAsync(test, 1, "assets", "open");
        await AddDeadLetterAsync(test, 2, "assets", "discarded");
        using var gauges = new DatabaseGauges(
            test.Database,
            [LocationHealth.Gauge, PublishingStatus.DeadLetterGauge],
            test.Meters,
            TimeProvider.System,
            NullLogger<DatabaseGauges>.Instance
        );
        using var readings = new MeterReadings(test.Meters);

        readings.Observe();
        await gauges.CountAsync(CancellationToken.None);
        readings.Observe();

        readings.Of("notificationhub.locations", "valid").ShouldBe([2]);
        readings.Of("notificationhub.locations", "revoked").ShouldBe([1]);
        readings.Of("notificationhub.locations", "taken-over").ShouldBe([0]);
        readings.Of("notificationhub.publishing.dead_letters", "assets").ShouldBe([1]);
        readings.Of("notificationhub.publishing.dead_letters", "users").ShouldBe([0]);
    }

    private static Task AddDeadLetterAsync(TestDatabase test, long seq, string topic, string state) =>
        test.ExecuteAsync(
            """
            insert into dead_letter (event_seq, topic, state, reason, rejected_at, resolved_at)
            values (@seq, @topic, @state, 'refused', 0, null)
            """,
            new
            {
                seq,
                topic,
                state,
            }
        );
}
