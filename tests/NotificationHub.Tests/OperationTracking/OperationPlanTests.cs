using System.Data.Common;
using Dapper;
using NotificationHub.OperationTracking;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Frequent queries and lists use an index, however many operations there are.</summary>
public sealed class OperationPlanTests
{
    private static readonly Dictionary<string, Func<DbConnection, string>> Statements = new()
    {
        ["locations"] = _ => OperationStore.DueLocationsSql,
        ["due"] = OperationStore.DueSql,
        ["counted"] = OperationStore.CountedSql,
        ["list"] = connection => OperationStore.ListSql(connection, new OperationFilter(null, null)),
        ["list by location"] = connection =>
            OperationStore.ListSql(connection, new OperationFilter("location-1", null)),
        ["list by both"] = connection => OperationStore.ListSql(connection, new OperationFilter("location-1", "open")),
        ["list by state"] = connection => OperationStore.ListSql(connection, new OperationFilter(null, "open")),
    };

    [Theory]
    [InlineData("locations", "SEARCH o EXISTS USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData("due", "SEARCH operation USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData("counted", "SCAN operation USING INDEX operation_counted")]
    [InlineData("list", "SCAN operation USING INDEX operation_started")]
    [InlineData("list by location", "SEARCH operation USING INDEX operation_location (location_id=?)")]
    [InlineData("list by both", "SEARCH operation USING INDEX operation_location (location_id=?)")]
    [InlineData("list by state", "SCAN operation USING INDEX operation_started")]
    public async Task Each_statement_uses_an_index(string statement, string expected)
    {
        await using var test = await TestDatabase.OpenAsync();
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);

        var plan = await connection.QueryAsync<PlanStep>(
            $"explain query plan {Statements[statement](connection)}",
            new
            {
                now = 0,
                limit = 1,
                locationId = "location-1",
                state = "open",
            }
        );

        var steps = plan.Select(step => step.Detail).ToList();
        steps.ShouldContain(expected);
        steps.ShouldNotContain("USE TEMP B-TREE FOR ORDER BY");
    }

    private sealed record PlanStep
    {
        public string Detail { get; init; } = "";
    }
}
