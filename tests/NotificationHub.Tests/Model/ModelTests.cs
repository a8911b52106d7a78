using NotificationHub.Events;
using Xunit.Abstractions;

namespace NotificationHub.Tests.Model;

/// <summary>
/// Changes at random, of which some are not notified, notifications that are lost, doubled and out of order, faults of Apple's and the
/// hub killed: a consumer that applies nothing but the events by their revision ends with exactly what Apple holds.
/// <c>NOTIFICATIONHUB_MODEL_SEEDS=500</c> tries as many seeds; <c>NOTIFICATIONHUB_MODEL_SEEDS=17-17</c> the one of a failure.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const string Variable = "NOTIFICATIONHUB_MODEL_SEEDS";
    private const int SeedsInTheSuite = 10;

    public static TheoryData<int> Seeds => Crash.Seeds.From(Variable, SeedsInTheSuite);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task The_events_alone_make_an_exact_copy(int seed)
    {
        await using var run = new ModelRun(seed);
        await run.RunAsync();
        var events = await run.EventsAsync();
        var copy = new RevisionCopy();
        copy.Apply(events, new Random(seed));

        output.WriteLine($"{Variable}={seed}-{seed}: {events.Count} events, {run.Kills} kills");
        copy.Lines(VirtualHub.LocationId).ShouldBe(run.Expected(), $"seed {seed}");
        run.Apple.Violations.ShouldBeEmpty($"seed {seed}");
        events.Count(entry => entry.Type == EventNames.LocationImported).ShouldBe(1, $"seed {seed}");
        events.ShouldContain(entry => entry.Type == EventNames.ReconcileDriftFound, $"seed {seed}");
    }
}
