using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>The parameters of a batch, and the outcome of each notification.</summary>
public sealed class NotificationBatchTests
{
    private const int DigestBytes = 32;

    [Fact]
    public void A_duplicate_in_a_batch_is_sent_once_and_reported_as_a_duplicate()
    {
        var batch = Batch(Notification("a", "one"), Notification("b", "one"), Notification("a", "one"));

        var outcomes = batch.Outcomes([new QueuedNotification(), new QueuedNotification()], [7, 9]);

        Rows(batch).Select(row => row.GetProperty("id").GetString()).ShouldBe(["a", "b"]);
        outcomes.ShouldBe([
            new AppendOutcome(AppendResult.Stored, 7),
            new AppendOutcome(AppendResult.Stored, 9),
            new AppendOutcome(AppendResult.Duplicate, 7),
        ]);
    }

    [Fact]
    public void The_same_id_with_another_body_conflicts_within_a_batch()
    {
        var batch = Batch(Notification("a", "one"), Notification("a", "two"), Notification("a", "two"));

        var outcomes = batch.Outcomes([new QueuedNotification(), new QueuedNotification { Conflict = 1 }], [1, 2]);

        Rows(batch).Select(row => row.GetProperty("conflict").GetInt32()).ShouldBe([0, 1]);
        outcomes
            .Select(outcome => outcome.Result)
            .ShouldBe([AppendResult.Stored, AppendResult.StoredAsConflict, AppendResult.Duplicate]);
        outcomes[2].Seq.ShouldBe(2);
    }

    [Fact]
    public void Notifications_without_an_id_or_of_other_locations_do_not_conflict()
    {
        var batch = Batch(
            Notification("", "one"),
            Notification("", "two"),
            Notification("a", "one"),
            Notification("a", "two", location: "location-2")
        );

        Rows(batch).Select(row => row.GetProperty("conflict").GetInt32()).ShouldBe([0, 0, 0, 0]);
        Rows(batch)[0].TryGetProperty("id", out _).ShouldBeFalse("the data is null in the log");
    }

    [Fact]
    public void Duplicates_and_notifications_over_quota_use_no_seq()
    {
        var batch = Batch(
            Notification("a", "1"),
            Notification("b", "2"),
            Notification("c", "3"),
            Notification("b", "2"),
            Notification("a", "1")
        );

        var outcomes = batch.Outcomes(
            [
                new QueuedNotification { SameSeq = 3 },
                new QueuedNotification { OverQuota = 1 },
                new QueuedNotification(),
            ],
            [12]
        );

        outcomes.ShouldBe([
            new AppendOutcome(AppendResult.Duplicate, 3),
            new AppendOutcome(AppendResult.OverQuota, 0),
            new AppendOutcome(AppendResult.Stored, 12),
            new AppendOutcome(AppendResult.OverQuota, 0),
            new AppendOutcome(AppendResult.Duplicate, 3),
        ]);
    }

    [Fact]
    public void Each_body_follows_its_digest_at_the_position_in_its_row()
    {
        byte[][] bodies =
        [
            [],
            [0xFF, 0x00, 0xFE],
            Encoding.UTF8.GetBytes(new string('x', 100_000)),
            "{}"u8.ToArray(),
        ];
        var batch = Batch([.. bodies.Select((body, i) => Notification($"{i}", body))]);

        var bytes = batch.Bodies();

        foreach (var (row, body) in Rows(batch).Zip(bodies))
        {
            // T-SQL counts from one.
            var start = row.GetProperty("start").GetInt32() - 1;
            row.GetProperty("length").GetInt32().ShouldBe(body.Length);
            bytes.AsSpan(start, DigestBytes).SequenceEqual(SHA256.HashData(body)).ShouldBeTrue();
            bytes.AsSpan(start + DigestBytes, body.Length).SequenceEqual(body).ShouldBeTrue();
        }

        bytes.Length.ShouldBe(bodies.Sum(body => DigestBytes + body.Length));
    }

    [Theory]
    [InlineData("it's")]
    [InlineData("\"quoted\" \\ back")]
    [InlineData("trailing  ")]
    [InlineData("nul\0nul")]
    [InlineData("ä \ud83d\ude00 \u2028")]
    public void Text_is_stored_unchanged(string text)
    {
        var row = Rows(Batch(Notification(text, "{}"))).Single();

        row.GetProperty("id").GetString().ShouldBe(text);
        row.GetProperty("userAgent").GetString().ShouldBe(text);
    }

    private static NotificationBatch Batch(params NotificationAppend[] notifications) => new(notifications);

    private static IReadOnlyList<JsonElement> Rows(NotificationBatch batch) =>
        [.. JsonDocument.Parse(batch.Rows()).RootElement.EnumerateArray()];

    private static NotificationAppend Notification(string id, string body, string location = "location-1") =>
        Notification(id, Encoding.UTF8.GetBytes(body), location);

    private static NotificationAppend Notification(string id, byte[] body, string location = "location-1") =>
        new()
        {
            LocationId = Encoding.UTF8.GetBytes(location),
            DedupHash = 1,
            NotificationId = Encoding.UTF8.GetBytes(id),
            Body = body,
            BodySha256 = SHA256.HashData(body),
            ReceivedAt = At(1),
            UserAgent = id,
        };
}
