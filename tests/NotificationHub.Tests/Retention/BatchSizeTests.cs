using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Retention;

public sealed class BatchSizeTests
{
    [Theory]
    [InlineData(StorageOptions.Sqlite)]
    [InlineData(StorageOptions.SqlServer)]
    public async Task A_batch_that_fails_is_halved_down_to_a_row_and_grows_again(string engine)
    {
        var batch = BatchSize.ForEngine(engine);
        List<int> tried = [];

        while (batch.Rows > 1)
        {
            tried.Add(batch.Rows);
            await Should.ThrowAsync<StorageUnavailableException>(() =>
                batch.RunAsync(_ => throw new StorageUnavailableException("The command took too long."))
            );
        }

        tried.ShouldBe([100, 50, 25, 12, 6, 3]);
        await batch.RunAsync(rows => Task.FromResult((rows, TimeSpan.FromMinutes(1))));
        batch.Rows.ShouldBe(1, "a slow batch must not become a larger one");

        await batch.RunAsync(rows => Task.FromResult((batch.Rows == 1 ? rows : 0, TimeSpan.Zero)));

        batch.Rows.ShouldBe(2);
    }
}
