using NotificationHub.Health;
using NotificationHub.Publishing;

namespace NotificationHub.Tests.Health;

public sealed class HealthReasonsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, "14:00:00")]
    [InlineData(0, "12:00:00")]
    [InlineData(3, "14:00:00")]
    public void A_topic_stands_still_since_the_earlier_of_what_is_known(int? stalledSince, string told)
    {
        var topic = new TopicDetail
        {
            Topic = "assets",
            Holder = new StageHolder("here", Replica: null, 1, 0, 0),
            State = TopicState.Stopped,
            Reason = "no network",
            // Another owner of the lease begins to count anew.
            Since = Noon.AddHours(2),
            Unsent = 7,
            OldestUnsentSeconds = 7200,
            StalledSince = stalledSince is { } hours ? Noon.AddHours(hours) : null,
        };

        HealthReasons
            .Of([topic])
            .ShouldHaveSingleItem()
            .ShouldBe($"topic assets stands still since 2026-08-01T{told}Z: 7 wait: no network");
    }
}
