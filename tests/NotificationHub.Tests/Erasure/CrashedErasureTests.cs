using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Erasure;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Hosting;

namespace NotificationHub.Tests.Erasure;

/// <summary>An erasure whose process crashes at a transaction, and a hub that finishes it.</summary>
public sealed class CrashedErasureTests
{
    private static readonly ErasureRequest OfAnn = new() { ClientUserId = ErasureScene.Ann };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_hub_finishes_an_erasure_that_crashed_at_any_step(bool committed)
    {
        await using var scene = await ErasureScene.StartAsync(WithoutWorker);
        var service = scene.Hub.Services.GetRequiredService<ErasureService>();
        var expected = (await service.PreviewAsync(OfAnn, CancellationToken.None)).Counts.ShouldNotBeNull();

        // Each run continues where the previous one crashed, so that each crashes one step later.
        await CrashAsync(scene, write: 1, committed, erasure => erasure.EraseAsync(OfAnn, TestActor.Operator, default));
        if (!committed)
        {
            (await RowsAsync(scene)).ShouldBe(0, "nothing was started");
            await CrashAsync(
                scene,
                write: 2,
                committed,
                erasure => erasure.EraseAsync(OfAnn, TestActor.Operator, default)
            );
        }

        var deaths = 0;
        for (; await RowsAsync(scene) > 0 && deaths < 100; deaths++)
        {
            // The first transaction takes the lease. A rolled-back one leaves nothing, so the next run must get further.
            await CrashAsync(scene, write: 2 + (committed ? 0 : deaths % 20), committed, ResumeAsync);
        }

        deaths.ShouldBeGreaterThan(5);
        await service.ResumeAsync(CancellationToken.None);
        (await scene.FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
        (
            await scene.ScalarAsync<string>(
                "select detail from audit_entry where outcome = 'succeeded' and action = 'erase'"
            )
        ).ShouldBe($"{expected.Notifications} notifications, {expected.Events} events, {expected.Records} records");
    }

    [Fact]
    public async Task Two_concurrent_erasures_both_complete()
    {
        await using var scene = await ErasureScene.StartAsync(WithoutWorker);
        var service = scene.Hub.Services.GetRequiredService<ErasureService>();

        var results = await Task.WhenAll(
            service.EraseAsync(OfAnn, TestActor.Operator, CancellationToken.None),
            service.EraseAsync(new ErasureRequest { SerialNumber = "C39NQ0AAPUR77" }, TestActor.Operator, default),
            service.EraseAsync(OfAnn, TestActor.Operator, CancellationToken.None)
        );

        results.ShouldAllBe(result => result.IsDone);
        (await scene.FindAsync([.. ErasureScene.AnnsTraces, "C39NQ0AAPUR77"])).ShouldBeEmpty();
        (await RowsAsync(scene)).ShouldBe(0);
    }

    // The hub would continue it after a while.
    private static void WithoutWorker(WebApplicationBuilder builder) => builder.Services.RemoveWorker<ErasureWorker>();

    private static async Task<ErasureResult> ResumeAsync(ErasureService service)
    {
        await service.ResumeAsync(CancellationToken.None);
        return new ErasureResult(null, true, null);
    }

    private static Task<long> RowsAsync(ErasureScene scene) => scene.ScalarAsync<long>("select count(*) from erasure");

    /// <summary>Runs an erasure that crashes at its n-th transaction, and lets its lease expire.</summary>
    private static async Task CrashAsync(ErasureScene scene, int write, bool committed, Func<ErasureService, Task> work)
    {
        var database = new CrashingDatabase(scene.Hub.Database, write, committed);
        using var leases = new LeaseKeeper(
            database,
            Options.Create(new StorageOptions { LeaseDuration = TimeSpan.FromMinutes(5) }),
            TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );
        using var service = new ErasureService(
            database,
            new ErasureRun(database, TimeProvider.System),
            leases,
            new WriteThrottle(TimeProvider.System),
            TimeProvider.System,
            NullLogger<ErasureService>.Instance
        );
        try
        {
            await work(service);
        }
        catch (CrashException)
        {
            await scene.Hub.Database.WriteAsync(
                transaction =>
                    transaction.ExecuteAsync(
                        "update lease set expires_at = 0 where owner = @Owner",
                        new { leases.Owner }
                    ),
                CancellationToken.None
            );
        }
    }
}
