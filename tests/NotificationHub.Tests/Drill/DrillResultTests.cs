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
        Timeline = [new DrillLine(TimeSpan.FromMinutes(61), "done", "it is over")],
        Received = new Dictionary<string, int> { ["assets/deployment"] = 7 },
    };

    [Fact]
    public void Whatever_is_lost_doubled_or_left_over_is_no_recovery()
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
                Doubled = 1,
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
                Violations = ["one id, two bodies"],
            },
            Good with
            {
                Restarted = true,
            },
            Good with
            {
                Fault = "It did not come about: all is well.",
            },
        ];
        bad.Where(result => result.IsGood || result.Summary == Good.Summary).ShouldBeEmpty();
    }

    [Fact]
    public void A_program_gets_what_a_person_gets()
    {
        var result = JsonDocument.Parse(DrillResult.ToJson([Good])).RootElement.EnumerateArray().Single();

        result.GetProperty("scenario").GetString().ShouldBe("bus-down");
        result.GetProperty("lost").GetInt64().ShouldBe(0);
        result.GetProperty("received").GetProperty("assets/deployment").GetInt32().ShouldBe(7);
        var line = result.GetProperty("timeline").EnumerateArray().Single();
        line.GetProperty("at").GetString().ShouldBe("01:01:00");
        line.GetProperty("text").GetString().ShouldBe("it is over");
        Good.Timeline[0].ToString().ShouldBe("01:01:00  done    it is over");
    }

    [Fact]
    public async Task Only_what_there_is_can_be_drilled()
    {
        var run = await ProgramRun.StartAsync(DrillProgram.RunAsync, "--scenario", "flood");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("bus-down");
    }
}
