using NotificationHub.CommandLine;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class NotificationListingTests
{
    private const string ByDisposition = "notification_log_disposition (disposition=?";

    [Theory]
    [InlineData(null, null, "INTEGER PRIMARY KEY (rowid>?)")]
    [InlineData(null, "north", "INTEGER PRIMARY KEY (rowid>?)")]
    [InlineData(Disposition.Accepted, "north", "INTEGER PRIMARY KEY (rowid>?)")]
    [InlineData(Disposition.Rejected, null, ByDisposition)]
    [InlineData(Disposition.Quarantined, "north", ByDisposition + " AND location_id=?")]
    [InlineData(Disposition.Rerouted, "north", ByDisposition + " AND location_id=?")]
    internal async Task What_was_set_aside_is_found_by_its_index(
        Disposition? disposition,
        string? location,
        string expected
    )
    {
        await using var test = await TestDatabase.OpenAsync();
        var filter = new NotificationFilter(disposition, location);
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);

        foreach (
            var statement in (string[])
                [
                    NotificationListing.ListStatement(connection, filter),
                    NotificationListing.SeqsStatement(connection, filter),
                ]
        )
        {
            var plan = await test.QueryAsync<PlanStep>(
                $"explain query plan {statement}",
                new
                {
                    after = 0,
                    limit = 1,
                    disposition,
                    LocationId = location,
                }
            );
            plan[0].Detail.ShouldContain(expected);
        }
    }

    private sealed record PlanStep
    {
        public required string Detail { get; init; }
    }
}
