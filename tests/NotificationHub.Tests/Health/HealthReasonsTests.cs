using NotificationHub.Health;

namespace NotificationHub.Tests.Health;

public sealed class HealthReasonsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, "14:00:00")]
    [InlineData(0, "12:00:00")]
    [InlineData(3, "14:00:00")]
    public void A_topic_is_stopped_since_the_earlier_of_the_known_times(int? stalledSince, string reported)
    {
        var topic = new TopicStageStatus("publishing:assets", "assets")
        {
            State = TopicState.Stopped,
            Reason = "no network",
            // A new owner of the lease restarts this time.
            Since = Noon.AddHours(2),
            Backlog = 7,
            StalledSince = stalledSince is { } hours ? Noon.AddHours(hours) : null,
        };

        HealthReasons
            .FromTopics([topic])
            .ShouldHaveSingleItem()
            .Text.ShouldBe($"topic assets has been stopped since 2026-08-01T{reported}Z: 7 pending: no network");
    }
}
