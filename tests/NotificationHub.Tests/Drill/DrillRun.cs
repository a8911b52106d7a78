using System.Text.RegularExpressions;
using NotificationHub.Drill;
using NotificationHub.Tests.Simulator;

namespace NotificationHub.Tests.Drill;

/// <summary>What a drill printed.</summary>
internal sealed partial class DrillRun
{
    private readonly string output;
    private int read;

    private DrillRun(string output)
    {
        this.output = output;
        Lines = [.. output.Split('\n').Select(line => line.Trim())];
    }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>Runs the command, which must call it a recovery.</summary>
    public static async Task<DrillRun> OfAsync(string scenario)
    {
        var run = await ProgramRun.StartAsync(DrillProgram.RunAsync, "--scenario", scenario);
        run.ExitCode.ShouldBe(0, run.Output + run.Error);
        return new DrillRun(run.Output);
    }

    /// <summary>Lines of the timeline that hold these texts, in this order; others may lie between.</summary>
    public void ShouldSay(params string[] texts)
    {
        foreach (var text in texts)
        {
            var place = Lines
                .Index()
                .Skip(read)
                .Where(line => line.Item.Contains(text, StringComparison.Ordinal))
                .Select(line => line.Index)
                .FirstOrDefault(-1);
            place.ShouldBeGreaterThanOrEqualTo(0, $"After line {read} nobody says “{text}”:\n{output}");
            read = place + 1;
        }
    }

    /// <summary>The virtual time of the last line that holds the text.</summary>
    public TimeSpan At(string text) =>
        TimeSpan.Parse(Lines.Last(line => line.Contains(text, StringComparison.Ordinal)).Split(' ')[0]);

    /// <summary>A line without what differs from run to run.</summary>
    public static string Mask(string line) => Numbers().Replace(line.Trim(), "#");

    [GeneratedRegex(@"[0-9]+(\.[0-9]+)?")]
    private static partial Regex Numbers();
}
