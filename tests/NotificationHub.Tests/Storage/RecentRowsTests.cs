using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public sealed class RecentRowsTests
{
    private readonly RecentRows<string> rows = new(row => row.Length);

    [Fact]
    public void Rows_after_a_position_are_read_in_order()
    {
        Add(7, "seven", "eight", "nine");

        Read(after: 6).ShouldBe(["seven", "eight", "nine"]);
        Read(after: 6, limit: 1).ShouldBe(["seven"]);
        Read(after: 7).ShouldBe(["eight", "nine"]);
        Read(after: 6).ShouldBeNull("row 7 is forgotten");
    }

    [Fact]
    public void The_database_must_be_read_before_the_first_row_and_after_the_last()
    {
        Add(7, "seven", "eight");

        Read(after: 5).ShouldBeNull("row 6 may exist");
        Read(after: 8).ShouldBeNull("another process may have appended row 9");
    }

    [Fact]
    public void A_gap_makes_the_rows_before_it_unreadable()
    {
        Add(7, "seven", "eight");
        Add(10, "ten");

        Read(after: 6).ShouldBeNull("another process may have appended row 9");
        Read(after: 8).ShouldBeNull();
        Read(after: 9).ShouldBe(["ten"]);
    }

    [Fact]
    public void A_number_that_is_used_again_makes_all_rows_before_it_unreadable()
    {
        Add(7, "seven", "eight");
        Add(8, "another eight");

        Read(after: 6).ShouldBeNull();
        Read(after: 7).ShouldBe(["another eight"]);
    }

    [Fact]
    public void A_row_whose_data_only_the_database_has_is_not_skipped()
    {
        Add(7, "seven");
        rows.Add(8, row: null);
        Add(9, "nine");

        Read(after: 6).ShouldBeNull();
        Read(after: 7).ShouldBeNull();
        Read(after: 8).ShouldBe(["nine"]);
    }

    [Fact]
    public void Rows_that_do_not_match_are_skipped()
    {
        Add(7, "seven", "eight", "nine");

        Read(after: 6, matches: row => row == "eight").ShouldBe(["eight"]);
        Read(after: 6, matches: row => row == "ten").ShouldBeNull();
    }

    [Fact]
    public void A_stage_forgets_only_its_own_rows()
    {
        Add(7, "a7", "b8", "a9", "b10");

        Read(after: 7, matches: row => row[0] == 'a').ShouldBe(["a9"]);
        Read(after: 6, matches: row => row[0] == 'b').ShouldBeNull("row 7 is forgotten");
        Read(after: 7, matches: row => row[0] == 'b').ShouldBe(["b8", "b10"]);
        Read(after: 9, matches: row => row[0] == 'a').ShouldBeNull();
        Add(11, "a11");
        Read(after: 9, matches: row => row[0] == 'a').ShouldBe(["a11"]);
        Read(after: 9, matches: row => row[0] == 'b').ShouldBe(["b10"]);
    }

    [Fact]
    public void A_change_makes_all_rows_before_it_unreadable()
    {
        Add(7, "seven");
        Read(after: 6, changes: 1).ShouldBeNull();
        Add(8, "eight");

        Read(after: 6, changes: 1).ShouldBeNull();
        Read(after: 7, changes: 1).ShouldBe(["eight"]);
        Read(after: 7, changes: 0).ShouldBeNull("a restored database may have an earlier number");
    }

    [Fact]
    public void A_new_epoch_makes_all_rows_before_it_unreadable()
    {
        Add(7, "seven");

        rows.Read(new CursorState(6, EventEpoch: 2, Changes: 0), 10, _ => true).ShouldBeNull();
    }

    [Fact]
    public void The_number_of_rows_is_limited()
    {
        for (var seq = 1; seq <= RecentRows<string>.Capacity + 1; seq++)
        {
            rows.Add(seq, "row");
        }

        Read(after: 1).ShouldBeNull();
        Read(after: 2).ShouldNotBeNull().Count.ShouldBe(RecentRows<string>.Capacity - 1);
    }

    [Fact]
    public void The_size_of_the_rows_is_limited()
    {
        var third = new string('x', RecentRows<string>.MaxBytes / 3);
        Add(1, third, third, third);
        Read(after: 0).ShouldNotBeNull();

        Add(4, third);
        Read(after: 0).ShouldBeNull();
        Read(after: 1).ShouldNotBeNull().Count.ShouldBe(3);

        Add(5, new string('x', RecentRows<string>.MaxBytes + 1));
        Read(after: 3).ShouldBeNull();
        Read(after: 4).ShouldBeNull();
        Add(6, third);
        Read(after: 5).ShouldNotBeNull().Count.ShouldBe(1);
    }

    private void Add(long seq, params string[] added)
    {
        foreach (var row in added)
        {
            rows.Add(seq++, row);
        }
    }

    private List<string>? Read(
        long after,
        long changes = 0,
        int limit = int.MaxValue,
        Predicate<string>? matches = null
    ) =>
        rows.Read(new CursorState(after, EventEpoch: 0, changes), limit, matches ?? (_ => true))
            ?.Select(row => row.Row)
            .ToList();
}
