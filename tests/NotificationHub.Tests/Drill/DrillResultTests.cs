using System.Text.Json;
using NotificationHub.Drill;
using NotificationHub.Tests.Simulator;

namespace NotificationHub.Tests.Drill;

public sealed class DrillResultTests
{
    private static readonly DrillResult Good = new()
    {
        Scenario = "bus-down",
        Title = "the bus is down",
        Timeline = [new DrillLine(TimeSpan.FromMinutes(61), "done", "the bus is back")],
        Received = new Dictionary<string, int> { ["assets/deployment"] = 7 },
    };

    [Fact]
    public void Only_a_run_without_any_problem_is_a_recovery()
    {
        Good.IsGood.ShouldBeTrue();
        DrillResult[] bad =
        [
            Good with
            {
                Lost = 1,
            },
            Good with
            {
                Duplicated = 1,
            },
            Good with
            {
                Unexpected = 1,
            },
            Good with
            {
                OutOfOrder = 1,
            },
            Good with
            {
                LeftOver = 1,
            },
            Good with
            {
                Violations = ["one ID, two bodies"],
            },
            Good with
            {
                Restarted = true,
            },
            Good with
            {
                Error = "Timed out: the hub is healthy and idle.",
            },
        ];
        bad.Where(result => result.IsGood || result.ResultLine == Good.ResultLine).ShouldBeEmpty();
    }

    [Fact]
    public void JSON_output_contains_the_same_result()
    {
        var result = JsonDocument.Parse(DrillResult.ToJson([Good])).RootElement.EnumerateArray().Single();

        result.GetProperty("scenario").GetString().ShouldBe("bus-down");
        result.GetProperty("lost").GetInt64().ShouldBe(0);
        result.GetProperty("received").GetProperty("assets/deployment").GetInt32().ShouldBe(7);
        var line = result.GetProperty("timeline").EnumerateArray().Single();
        line.GetProperty("at").GetString().ShouldBe("01:01:00");
        line.GetProperty("text").GetString().ShouldBe("the bus is back");
        Good.Timeline[0].ToString().ShouldBe("01:01:00  done    the bus is back");
    }

    [Fact]
    public async Task An_unknown_scenario_is_rejected()
    {
        var run = await ProgramRun.StartAsync(DrillProgram.RunAsync, "--scenario", "flood");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("bus-down");
    }
}
