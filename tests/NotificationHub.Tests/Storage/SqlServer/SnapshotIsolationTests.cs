using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Several hubs start at the same time on a database that does not yet allow snapshot isolation.</summary>
public sealed class SnapshotIsolationTests
{
    private const int NotAllowed = 3952;

    private readonly FakeTimeProvider clock = new();

    [Fact]
    public async Task A_hub_enables_snapshot_isolation_and_continues()
    {
        var scene = new Scene([NotAllowed], []);

        await scene.RunAsync(clock);

        scene.Calls.ShouldBe("probe allow probe");
    }

    [Theory]
    [InlineData(3956)]
    [InlineData(3957)]
    public async Task A_hub_waits_while_another_hub_enables_snapshot_isolation(int number)
    {
        var scene = new Scene([number, number], []);

        var run = scene.RunAsync(clock);
        await PassAsync(run);

        await run;
        scene.Calls.ShouldBe("probe reset probe reset probe");
    }

    [Fact]
    public async Task A_hub_checks_again_if_another_hub_alters_the_database()
    {
        var scene = new Scene([NotAllowed, 3956], [5061]);

        var run = scene.RunAsync(clock);
        await PassAsync(run);

        await run;
        scene.Calls.ShouldBe("probe allow probe reset probe");
    }

    [Fact]
    public async Task A_change_without_effect_and_one_that_never_ends_are_reported()
    {
        (
            await Should.ThrowAsync<Exception>(() => new Scene([NotAllowed, NotAllowed], []).RunAsync(clock))
        ).Message.ShouldContain("3952");

        var run = new Scene([.. Enumerable.Repeat(3956, 10_000)], []).RunAsync(clock);
        await PassAsync(run);

        (await Should.ThrowAsync<Exception>(() => run)).Message.ShouldContain("3956");
    }

    [Theory]
    [InlineData(3956)]
    [InlineData(3957)]
    [InlineData(5061)]
    public async Task A_change_that_always_conflicts_with_another_is_reported(int number)
    {
        var scene = new Scene(Enumerable.Repeat(NotAllowed, 1_000), Enumerable.Repeat(number, 1_000));

        var run = scene.RunAsync(clock);
        await PassAsync(run);

        (await Should.ThrowAsync<Exception>(() => run)).Message.ShouldContain($"{number}");
    }

    private async Task PassAsync(Task run)
    {
        while (!run.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    /// <param name="probes">The errors of the probes, before they succeed.</param>
    /// <param name="changes">The errors of the changes, before they succeed.</param>
    private sealed class Scene(IEnumerable<int> probes, IEnumerable<int> changes)
    {
        private readonly Queue<int> probeErrors = new(probes);
        private readonly Queue<int> changeErrors = new(changes);
        private readonly List<string> calls = [];

        public string Calls => string.Join(' ', calls);

        public Task RunAsync(TimeProvider time) =>
            SqlServerSchema.AllowSnapshotsAsync(
                () => CallAsync("probe", probeErrors),
                () => CallAsync("allow", changeErrors),
                () => CallAsync("reset", []),
                time,
                CancellationToken.None
            );

        private Task CallAsync(string name, Queue<int> errors)
        {
            calls.Add(name);
            return errors.TryDequeue(out var number) ? Task.FromException(ServerErrors.Of(number)) : Task.CompletedTask;
        }
    }
}
