namespace NotificationHub.Tests.Storage;

public sealed class StorageMetricsTests
{
    [Fact]
    public async Task The_length_of_the_write_ahead_log_is_measured()
    {
        await using var test = await TestDatabase.OpenAsync();
        using var readings = new MeterReadings(test.Meters);
        readings.Observe();

        // The writer counts the pages of a commit before the next one.
        await test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('a', 0, 0)");
        await test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('b', 0, 0)");
        readings.Observe();

        var pages = readings.Of("notificationhub.storage.wal.pages", tag: "");
        pages.Count.ShouldBe(2);
        pages[1].ShouldBeGreaterThan(pages[0]);
    }

    [Fact]
    public async Task A_commit_is_timed()
    {
        await using var test = await TestDatabase.OpenAsync();
        using var readings = new MeterReadings(test.Meters);

        await test.ExecuteAsync("insert into log_cursor (name, position, last_progress_at) values ('a', 0, 0)");

        readings.Of("notificationhub.storage.commit.duration", tag: "").ShouldHaveSingleItem().ShouldBePositive();
    }

    [Fact]
    public async Task Writes_that_wait_for_the_writer_are_counted()
    {
        await using var test = await TestDatabase.OpenAsync();
        using var readings = new MeterReadings(test.Meters);
        using var leave = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = test.Database.WriteAsync(
            _ =>
            {
                entered.SetResult();
                leave.Wait();
                return Task.CompletedTask;
            },
            CancellationToken.None
        );
        await entered.Task;
        var waiting = test.Database.WriteAsync(_ => Task.CompletedTask, CancellationToken.None);

        readings.Observe();
        leave.Set();
        await Task.WhenAll(holding, waiting);
        readings.Observe();

        readings.Of("notificationhub.storage.write_queue.length", "stages").ShouldBe([1, 0]);
        readings.Of("notificationhub.storage.write_queue.length", "notifications").ShouldBe([0, 0]);
    }
}
