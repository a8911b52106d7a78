using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Reading;

public sealed class ListTests : ListTest
{
    [Fact]
    public async Task A_list_can_be_enumerated_again_and_knows_its_version_at_the_end()
    {
        var apple = new ChangingApple(2, [2, 4, 6]) { Changes = new() { [2] = [7] } };

        await WithSession(
            apple,
            async session =>
            {
                var list = session.ListAssetsAsync();
                await using (var records = list.GetAsyncEnumerator())
                {
                    await records.MoveNextAsync();
                    (list.VersionId, list.IsComplete).ShouldBe((null, false));
                    while (await records.MoveNextAsync()) { }
                }

                (list.VersionId, list.IsComplete).ShouldBe(("v1", true));
                (await list.CountAsync()).ShouldBe(4);
                (list.VersionId, list.IsComplete).ShouldBe(("v2", true));
                return true;
            }
        );
    }

    [Fact]
    public async Task Five_pages_at_most_are_read_in_parallel()
    {
        var apple = new HeldApple(pages: 12);

        var reading = WithSession(apple, session => session.ListAssetsAsync().ToListAsync().AsTask());

        await apple.WaitForHeldAsync(1);
        apple.ReleaseOne();
        await apple.WaitForHeldAsync(5);
        for (var i = 0; i < 11; i++)
        {
            await apple.WaitForHeldAsync(1);
            apple.ReleaseOne();
        }

        (await reading.WaitAsync(TimeSpan.FromSeconds(30)))
            .Select(asset => asset.AdamId)
            .ShouldBe(Enumerable.Range(0, 12).Select(i => $"{i}"));
        apple.MostHeld.ShouldBe(5);
    }

    [Fact]
    public async Task A_version_that_Apple_no_longer_knows_leads_to_a_complete_read()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        apple
            .Then("""{"errorNumber":9721,"errorMessage":"m"}""", 400)
            .Then("""{"users":[{"clientUserId":"u1"}],"versionId":"v2"}""");
        RecordList<User>? list = null;

        var users = await ReadAsync(
            apple,
            session => list = session.ListUsersAsync(new UserQuery { SinceVersionId = "v1", ActiveOnly = true })
        );

        users.Count.ShouldBe(1);
        (list!.IsSinceVersionUnknown, list.VersionId).ShouldBe((true, "v2"));
        apple
            .Requests.Select(request => request.Url.Query)
            .ShouldBe(["?activeOnly=true&sinceVersionId=v1", "?activeOnly=true"]);
    }

    [Fact]
    public async Task A_version_that_becomes_unknown_during_the_read_restarts_it()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        apple
            .Then("""{"users":[{"clientUserId":"u1"}],"versionId":"v2","nextPageIndex":1}""")
            .Then("""{"errorNumber":9721,"errorMessage":"m"}""", 400)
            .Then("""{"users":[{"clientUserId":"u0"},{"clientUserId":"u1"}],"versionId":"v3"}""");
        RecordList<User>? list = null;

        var users = await ReadAsync(
            apple,
            session => list = session.ListUsersAsync(new UserQuery { SinceVersionId = "v1" })
        );

        users.Select(user => user.ClientUserId).ShouldBe(["u1", "u0"]);
        (list!.IsSinceVersionUnknown, list.VersionId).ShouldBe((true, "v3"));
    }

    [Fact]
    public async Task A_cursor_that_stays_invalid_is_an_error()
    {
        var apple = new ChangingApple(1, [1, 2])
        {
            Errors = new()
            {
                [1] = "9812",
                [3] = "9812",
                [5] = "9812",
                [7] = "9812",
            },
        };

        var error = await Should.ThrowAsync<AppleException>(
            ReadAsync(apple, session => session.ListSubscriptionsAsync())
        );

        error.Kind.ShouldBe(AppleErrorKind.RestartTraversal);
        apple.Requests.Count.ShouldBe(8);
    }

    [Fact]
    public async Task A_repeated_cursor_is_an_error()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        apple
            .Then("""{"admins":[{"adamId":1,"clientUserId":"u1"}],"nextCursor":"a"}""")
            .Then("""{"admins":[{"adamId":1,"clientUserId":"u2"}],"nextCursor":"a"}""");

        (
            await Should.ThrowAsync<AppleException>(ReadAsync(apple, session => session.ListSubscriptionAdminsAsync()))
        ).Kind.ShouldBe(AppleErrorKind.TraversalStuck);
    }

    [Theory]
    [InlineData(9601, AppleErrorKind.TokenInvalid)]
    [InlineData(9609, AppleErrorKind.NotFound)]
    public async Task Other_errors_end_the_read(int number, AppleErrorKind kind)
    {
        var apple = new ChangingApple(1, [1, 2, 3]) { Errors = new() { [1] = $"{number}" } };

        (await Should.ThrowAsync<AppleException>(ReadAsync(apple, session => session.ListAssetsAsync()))).Kind.ShouldBe(
            kind
        );
    }

    [Fact]
    public async Task A_429_delays_the_read()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        apple
            .Then("""{"errorNumber":9646,"errorMessage":"m"}""", 429)
            .Then("""{"errorNumber":9646,"errorMessage":"m"}""", 429, retryAfter: "3")
            .Then("""{"assignments":[{"adamId":"1","clientUserId":"u1"}]}""");

        (await ReadAsync(apple, session => session.ListAssignmentsAsync())).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_seat_is_read_with_its_unknown_members()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        apple.Then("""{"assignments":[{"adamId":1,"clientUserId":"u1","renewing":true,"color":"red"}]}""");

        var seat = (
            await ReadAsync(apple, session => session.ListSubscriptionAssignmentsAsync())
        ).ShouldHaveSingleItem();

        seat.AdditionalMembers!["color"].GetString().ShouldBe("red");
    }

    [Fact]
    public async Task Only_page_wise_reads_continue_at_a_mark() =>
        await WithSession(
            new ChangingApple(1, []),
            session =>
            {
                Should.Throw<ArgumentException>(() =>
                    session.ListAssetsAsync(new AssetQuery { From = new PageMark("1", null) })
                );
                return Task.FromResult(true);
            }
        );
}
