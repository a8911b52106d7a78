using NotificationHub.Feed;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Feed;

public sealed class FeedQueryTests
{
    [Fact]
    public void Without_parameters_all_events_are_returned_a_thousand_at_a_time() =>
        Create(new FeedParameters()).Query.ShouldBe(new FeedQuery(null, new EventFilter(), 1000, TimeSpan.Zero));

    [Fact]
    public void Every_parameter_is_used() =>
        Create(new FeedParameters(7, "assets", "asset.changed", "north", 10, 60))
            .Query.ShouldBe(
                new FeedQuery(7, new EventFilter("assets", "asset.changed", "north"), 10, TimeSpan.FromSeconds(60))
            );

    [Fact]
    public void The_full_type_is_equivalent_to_the_name() =>
        Create(new FeedParameters(Type: "notificationhub.asset.changed.v1"))
            .Query!.Filter.Type.ShouldBe("asset.changed");

    [Theory]
    [InlineData(-1, null, null, null, null, "after")]
    [InlineData(null, 0, null, null, null, "limit")]
    [InlineData(null, 10_001, null, null, null, "limit")]
    [InlineData(null, null, 61, null, null, "wait")]
    [InlineData(null, null, null, "nowhere", null, "topic")]
    [InlineData(null, null, null, null, "asset", "type")]
    [InlineData(null, 0, -1, "nowhere", null, "limit", "topic", "wait")]
    public void Every_error_is_reported(
        int? after,
        int? limit,
        int? wait,
        string? topic,
        string? type,
        params string[] errors
    )
    {
        var (created, found) = Create(new FeedParameters(after, topic, type, Limit: limit, Wait: wait));

        created.ShouldBeNull();
        found.Keys.Order(StringComparer.Ordinal).ShouldBe(errors);
    }

    private static (FeedQuery? Query, Dictionary<string, string[]> Errors) Create(FeedParameters parameters)
    {
        var created = FeedQuery.Create(parameters, lastEventId: "", out var errors);
        return (created, errors);
    }
}
