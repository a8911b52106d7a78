using System.Globalization;
using System.Text.RegularExpressions;
using NotificationHub.Drill;
using NotificationHub.Tests.Simulator;

namespace NotificationHub.Tests.Drill;

/// <summary>The output of a drill.</summary>
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

    /// <summary>Runs a scenario, which must end in a recovery.</summary>
    public static async Task<DrillRun> RunAsync(string scenario)
    {
        var run = await ProgramRun.StartAsync(DrillProgram.RunAsync, "--scenario", scenario);
        run.ExitCode.ShouldBe(0, run.Output + run.Error);
        return new DrillRun(run.Output);
    }

    /// <summary>Asserts that lines with these texts appear in this order, possibly with others between.</summary>
    public void ShouldPrint(params string[] texts)
    {
        foreach (var text in texts)
        {
            var index = Lines
                .Index()
                .Skip(read)
                .Where(line => line.Item.Contains(text, StringComparison.Ordinal))
                .Select(line => line.Index)
                .FirstOrDefault(-1);
            index.ShouldBeGreaterThanOrEqualTo(0, $"no line after {read} contains “{text}”:\n{output}");
            read = index + 1;
        }
    }

    /// <summary>The virtual time of the last line that contains the text.</summary>
    public TimeSpan At(string text) =>
        TimeSpan.Parse(Lines.Last(line => line.Contains(text, StringComparison.Ordinal)).Split(' ')[0]);

    /// <summary>The numbers that follow the text, one for each line that contains it.</summary>
    public IReadOnlyList<double> Numbers(string text) =>
        [
            .. Lines
                .Where(line => line.Contains(text, StringComparison.Ordinal))
                .Select(line => Number().Match(line, line.IndexOf(text, StringComparison.Ordinal) + text.Length).Value)
                .Select(number => double.Parse(number, CultureInfo.InvariantCulture)),
        ];

    /// <summary>Masks numbers, which differ from run to run.</summary>
    public static string Mask(string line) => Number().Replace(line.Trim(), "#");

    [GeneratedRegex(@"[0-9]+(\.[0-9]+)?")]
    private static partial Regex Number();
}
