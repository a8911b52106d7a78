using NotificationHub.Events;

namespace NotificationHub.Tests.Model;

/// <summary>
/// Random changes, some without a notification; notifications that are lost, repeated and out of order; malformed and failing responses of
/// Apple; expiring content tokens; wrong clocks; replicas that are killed, paused and replaced; restores from a backup. A consumer that
/// follows <c>docs/events.md</c> must end with exactly Apple's records.
/// <c>NOTIFICATIONHUB_MODEL_SEEDS=1000</c> runs seeds 1 to 1000 in parallel, <c>NOTIFICATIONHUB_MODEL_SEEDS=17-17</c> repeats seed 17.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const string Variable = "NOTIFICATIONHUB_MODEL_SEEDS";
    private const int SeedsInTheSuite = 8;

    [Fact]
    public async Task A_consumer_ends_with_the_records_of_Apple()
    {
        List<string> failures = [];
        var gate = new Lock();
        await Parallel.ForEachAsync(
            Crash.Seeds.Range(Variable, SeedsInTheSuite),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (seed, _) =>
            {
                var (line, failure) = await TryAsync(seed);
                lock (gate)
                {
                    output.WriteLine(line);
                    failures.AddRange(failure is null ? [] : [$"{Variable}={seed}-{seed}: {failure}"]);
                }
            }
        );
        failures.ShouldBeEmpty();
    }

    private static async Task<(string Line, string? Failure)> TryAsync(int seed)
    {
        await using var run = new ModelRun(seed);
        try
        {
            await run.RunAsync();
            foreach (var location in run.Locations)
            {
                var expected = location.Expected();
                var copy = run.Copy.Lines(location.Id);
                copy.Except(expected).ShouldBeEmpty($"in the copy of {location.Id} but not at Apple");
                expected.Except(copy).ShouldBeEmpty($"at Apple but not in the copy of {location.Id}");
            }

            // A wrong clock can end a pause early.
            run.Apple.Violations.ShouldAllBe(violation => violation.EndsWith("called before the Retry-After elapsed"));
            (await run.LogAsync())
                .Where(entry => entry.Type == EventNames.LocationImported)
                .Select(entry => entry.LocationId)
                .ShouldBe(run.Locations.Select(location => location.Id), ignoreOrder: true);
            return ($"Seed {seed}: {run.Messages} messages, {run.Kills} kills, {run.Restores} restores", null);
        }
        // The other seeds still run.
        catch (Exception exception)
        {
            return ($"Seed {seed} failed", exception.ToString());
        }
    }
}
