using NotificationHub.Operations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Operations;

/// <summary>What is looked for every second is found by an index, whatever has piled up.</summary>
public sealed class OperationPlanTests
{
    [Theory]
    [InlineData(OperationStore.DueLocations, "SEARCH o USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData(OperationStore.Due, "SEARCH operation USING INDEX operation_due (location_id=? AND due_at<?)")]
    [InlineData(OperationStore.Counted, "SCAN operation USING INDEX operation_counted")]
    internal async Task An_index_leads_to_it(string statement, string expected)
    {
        await using var test = await TestDatabase.OpenAsync();

        var plan = await test.QueryAsync<PlanStep>(
            $"explain query plan {statement}",
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
