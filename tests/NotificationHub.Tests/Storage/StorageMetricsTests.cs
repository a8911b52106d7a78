namespace NotificationHub.Tests.Storage;

[Collection(MeterReaders.Name)]
public sealed class StorageMetricsTests
{
    [Fact]
    public async Task The_length_of_the_write_ahead_log_is_measured()
    {
        await using var test = await TestDatabase.OpenAsync();
        using var readings = new MeterReadings(scope: test.Database);
        readings.Observe();

        // The pages of a commit are counted before the lane turns to the next.
        await test.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('a', 0, 0)");
        await test.ExecuteAsync("insert into log_cursor (name, position, moved_at) values ('b', 0, 0)");
        readings.Observe();

        var pages = readings.Of("notificationhub.storage.wal.pages", tag: "");
        pages.Count.ShouldBe(2);
        pages[1].ShouldBeGreaterThan(pages[0]);
    }
}
