using System.Data.Common;
using Dapper;
using NotificationHub.Operations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Operations;

/// <summary>What is looked for every second is found by an index, whatever has piled up.</summary>
public sealed class OperationPlanTests
{
    private static readonly Dictionary<string, Func<DbConnection, string>> Statements = new()
    {
        ["locations"] = _ => OperationStore.DueLocations,
        ["due"] = OperationStore.Due,
        ["counted"] = OperationStore.Counted,
    };

    [Theory]
    [InlineData("locations", "SEARCH o EXISTS USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData("due", "SEARCH operation USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData("counted", "SCAN operation USING INDEX operation_counted")]
    public async Task An_index_leads_to_it(string statement, string expected)
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
