using System.Security.Cryptography;
using System.Text;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Deliveries are stored and compared byte for byte.</summary>
public abstract class NotificationBytesContract : StoreContract
{
    [Theory]
    [InlineData("")]
    [InlineData("FF00FE80C328")]
    [InlineData("00")]
    public async Task A_body_may_be_any_bytes(string hex)
    {
        var body = Convert.FromHexString(hex);
        var others = Enumerable.Range(0, 5).Select(i => Database.AppendAsync(Notification($"b{i}")));
        var notifications = await Task.WhenAll([.. others, Database.AppendAsync(Notification("a", body))]);

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var kept = (await NotificationLog.FindAsync(connection, notifications[^1].Seq)).ShouldNotBeNull();

        kept.Body.ShouldBe(body);
        kept.BodySha256.ShouldBe(SHA256.HashData(body));
        (await Database.AppendAsync(Notification("a", body))).Result.ShouldBe(AppendResult.Duplicate);
    }

    [Fact]
    public async Task Bodies_of_a_mebibyte_are_stored_unchanged()
    {
        byte[][] bodies = [.. Enumerable.Range(0, 6).Select(i => LargeBody(seed: i))];

        var outcomes = await Task.WhenAll(bodies.Select((body, i) => Database.AppendAsync(Notification($"{i}", body))));

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        for (var i = 0; i < bodies.Length; i++)
        {
            var kept = (await NotificationLog.FindAsync(connection, outcomes[i].Seq)).ShouldNotBeNull();
            kept.Body.AsSpan().SequenceEqual(bodies[i]).ShouldBeTrue();
        }

        // Pages are limited by bytes, and have at least one row.
        var first = await NotificationLog.ReadPageAsync(connection, after: 0, limit: 10, CancellationToken.None);
        first.Select(entry => entry.Seq).ShouldBe(outcomes.Select(outcome => outcome.Seq).Order().Take(first.Count));
        first.Count.ShouldBe(4);
        // The rest of the first query does not affect the second.
        var second = await NotificationLog.ReadPageAsync(connection, first[^1].Seq, limit: 10, CancellationToken.None);
        second.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Ids_that_differ_in_any_character_are_different()
    {
        // All have the same hash, so that the rows are compared.
        string[] ids = ["a", "a ", "a  ", "A", "a'b", "a\"b", "aä", "aa\u0308", "a\ud83d\ude00", "a%", "a_"];

        var outcomes = await Task.WhenAll(ids.Select(id => Database.AppendAsync(WithSharedHash(id))));

        outcomes.ShouldAllBe(outcome => outcome.Result == AppendResult.Stored);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        for (var i = 0; i < ids.Length; i++)
        {
            (await NotificationLog.FindAsync(connection, outcomes[i].Seq))!.NotificationId.ShouldBe(ids[i]);
            (await Database.AppendAsync(WithSharedHash(ids[i]))).ShouldBe(
                new AppendOutcome(AppendResult.Duplicate, outcomes[i].Seq)
            );
        }

        (await Test.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(ids.Length);
    }

    // Intake rejects control characters, but the database would store them.
    [Theory]
    [InlineData("a\0")]
    [InlineData("a\0b")]
    public async Task A_NUL_does_not_end_an_id(string id)
    {
        await Database.AppendAsync(WithSharedHash("a"));

        var outcome = await Database.AppendAsync(WithSharedHash(id));

        outcome.Result.ShouldBe(AppendResult.Stored);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await NotificationLog.FindAsync(connection, outcome.Seq))!.NotificationId.ShouldBe(id);
    }

    private static NotificationAppend WithSharedHash(string id)
    {
        var body = "{}"u8.ToArray();
        return new NotificationAppend
        {
            LocationId = "location-1"u8.ToArray(),
            DedupHash = 1,
            NotificationId = Encoding.UTF8.GetBytes(id),
            Body = body,
            BodySha256 = SHA256.HashData(body),
            ReceivedAt = At(1),
            UserAgent = "agent/1.0 (\"quoted\"; it's)",
        };
    }

    private static byte[] LargeBody(int seed)
    {
        var body = new byte[1024 * 1024];
        new Random(seed).NextBytes(body);
        return body;
    }
}

public sealed class SqliteNotificationBytesTests : NotificationBytesContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerNotificationBytesTests : NotificationBytesContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
