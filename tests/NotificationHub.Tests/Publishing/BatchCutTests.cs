using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Publishing;

public sealed class BatchCutTests
{
    [Theory]
    [InlineData(29, 2)]
    [InlineData(30, 3)]
    [InlineData(31, 3)]
    [InlineData(39, 3)]
    [InlineData(40, 4)]
    [InlineData(10, 1)]
    public void A_batch_holds_as_many_as_fit(int maxBytes, int expected) =>
        BatchCut.Count(Queue(10, 10, 10, 10), 0, maxBytes, int.MaxValue).ShouldBe(expected);

    [Fact]
    public void A_batch_is_cut_in_order_even_where_a_later_one_would_fit() =>
        BatchCut.Count(Queue(10, 50, 10), 0, 30, int.MaxValue).ShouldBe(1);

    [Fact]
    public void One_message_is_always_taken() => BatchCut.Count(Queue(50, 10), 0, 30, int.MaxValue).ShouldBe(1);

    [Fact]
    public void A_batch_holds_no_more_than_asked_for() => BatchCut.Count(Queue(10, 10, 10), 1, 100, 1).ShouldBe(1);

    private static OutgoingMessage[] Queue(params int[] sizes) =>
        [
            .. sizes.Select(
                (size, index) =>
                    new OutgoingMessage(
                        new EventEntry
                        {
                            Epoch = 1,
                            Seq = index + 1,
                            Topic = "assets",
                            Type = "asset.changed",
                            Data = [],
                            Conflict = false,
                            CreatedAt = 0,
                        },
                        new TopicMessage(
                            $"1-{index + 1}",
                            "hub",
                            "asset.changed",
                            null,
                            Array.Empty<byte>(),
                            new Dictionary<string, string>()
                        ),
                        size
                    )
            ),
        ];
}
