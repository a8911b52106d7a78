using Dapper;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Feed;

public sealed class FeedPlanTests
{
    [Fact]
    public async Task Every_combination_of_filters_seeks_the_position_and_sorts_nothing()
    {
        await using var test = await TestDatabase.OpenAsync();
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);
        string[] two = ["assets", "users"];

        foreach (var combination in Enumerable.Range(0, 32))
        {
            var filter = new EventFilter(
                Has(1) ? "assets" : null,
                Has(2) ? "asset.changed" : null,
                Has(4) ? "north" : null,
                UpTo: 20_000
            )
            {
                Topics = Has(8) ? two : null,
                Locations = Has(16) ? two : null,
            };
            var plan = await connection.QueryAsync<(long, long, long, string Detail)>(
                $"explain query plan {EventLog.PageStatement(connection, filter)}",
                new
                {
                    after = 7,
                    limit = 500,
                    filter.Topic,
                    filter.Type,
                    filter.LocationId,
                    filter.UpTo,
                    filter.Topics,
                    filter.Locations,
                }
            );
            var steps = plan.Select(step => step.Detail).ToList();

            steps.ShouldContain(
                filter.Topic is null
                    ? "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
                    : "SEARCH e USING INDEX event_log_topic (topic=? AND seq>? AND seq<?)",
                string.Join("; ", steps)
            );
            steps.ShouldAllBe(step => !step.Contains("TEMP B-TREE"), filter.ToString());

            bool Has(int bit) => (combination & bit) != 0;
        }
    }
}
