using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using NotificationHub.Feed;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Feed;

public sealed class FeedQueryTests
{
    [Fact]
    public void An_empty_query_returns_all_events_a_thousand_at_a_time() =>
        Parse("").Query.ShouldBe(new FeedQuery(null, new EventFilter(), 1000, TimeSpan.Zero));

    [Fact]
    public void Every_parameter_is_parsed() =>
        Parse("?after=7&topic=assets&type=asset.changed&location=north&limit=10&wait=60")
            .Query.ShouldBe(
                new FeedQuery(7, new EventFilter("assets", "asset.changed", "north"), 10, TimeSpan.FromSeconds(60))
            );

    [Fact]
    public void The_full_type_is_equivalent_to_the_name() =>
        Parse("?type=notificationhub.asset.changed.v1").Query!.Filter.Type.ShouldBe("asset.changed");

    [Theory]
    [InlineData("?after=-1", "after")]
    [InlineData("?after=1-2", "after")]
    [InlineData("?after=", "after")]
    [InlineData("?after=1&after=2", "after")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=10001", "limit")]
    [InlineData("?wait=61", "wait")]
    [InlineData("?wait=1.5", "wait")]
    [InlineData("?topic=nowhere", "topic")]
    [InlineData("?type=asset", "type")]
    [InlineData("?since=1", "since")]
    [InlineData("?since=1&limit=x&topic=y", "limit", "since", "topic")]
    public void Every_error_is_reported(string query, params string[] errors)
    {
        var (parsed, found) = Parse(query);

        parsed.ShouldBeNull();
        found.Keys.Order(StringComparer.Ordinal).ShouldBe(errors);
    }

    private static (FeedQuery? Query, Dictionary<string, string[]> Errors) Parse(string query)
    {
        var parsed = FeedQuery.Parse(new QueryCollection(QueryHelpers.ParseQuery(query)), out var errors);
        return (parsed, errors);
    }
}
