using NotificationHub.Events;
using NotificationHub.OperationTracking;

namespace NotificationHub.Tests.OperationTracking;

public sealed class FailureListTests
{
    [Fact]
    public void Items_with_the_same_error_are_grouped()
    {
        var list = new FailureList();
        list.Add(9709, "not enough", Items(2));
        list.Add(9609, "no such user", Items(1));
        list.Add(9709, "not enough", Items(3));

        list.Failures.Select(failure => (failure.ErrorNumber, failure.Items.Count)).ShouldBe([(9709L, 5), (9609L, 1)]);
        list.Omitted.ShouldBe(0);
    }

    [Fact]
    public void Items_above_the_limit_are_only_counted()
    {
        var list = new FailureList();
        list.Add(9709, "not enough", Items(900));
        list.Add(9609, "no such user", Items(49_100));

        list.Failures.Sum(failure => failure.Items.Count).ShouldBe(FailureList.MaxItems);
        list.Omitted.ShouldBe(49_000);
    }

    [Fact]
    public void Errors_that_differ_only_in_text_are_limited_too()
    {
        var list = new FailureList();
        for (var i = 0; i < 500; i++)
        {
            list.Add(9609, $"{i} {new string('x', 1000)}", Items(1));
        }

        list.Failures.Count.ShouldBe(100);
        list.Failures.ShouldAllBe(failure => failure.ErrorMessage!.Length == 300);
        list.Omitted.ShouldBe(400);
    }

    private static OperationItem[] Items(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new OperationItem { AdamId = "1", SerialNumber = $"D{i}" })];
}
