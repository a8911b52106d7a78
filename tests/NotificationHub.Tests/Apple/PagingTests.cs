using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class PagingTests : AppleTest
{
    [Fact]
    public async Task A_read_ends_when_no_next_page_is_named_regardless_of_totalPages()
    {
        Apple
            .Then(
                """{"currentPageIndex":0,"nextPageIndex":1,"totalPages":5,"versionId":"v1","assets":[{"adamId":"1"}]}"""
            )
            .Then("""{"currentPageIndex":1,"nextPageIndex":2,"totalPages":2,"versionId":"v1","size":0,"assets":[]}""")
            .Then("""{"currentPageIndex":2,"totalPages":1,"versionId":"v1","assets":[{"adamId":"2"}]}""");

        var pages = await ReadAssets();

        Apple
            .Requests.Select(request => request.PathAndQuery)
            .ShouldBe(["/mdm/v2/assets", "/mdm/v2/assets?pageIndex=1", "/mdm/v2/assets?pageIndex=2"]);
        pages.Select(page => page.Items.Count).ShouldBe([1, 0, 1]);
        pages.Select(page => page.Index).ShouldBe([0, 1, 2]);
        pages.Select(page => page.TotalPages).ShouldBe([5, 2, 1]);
        pages.Select(page => page.IsLast).ShouldBe([false, false, true]);
        pages.ShouldAllBe(page => !page.VersionMoved);
    }

    [Fact]
    public async Task The_first_pages_version_is_kept_and_a_change_is_reported()
    {
        Apple.Then("""{"nextPageIndex":1,"versionId":"v1","assets":[]}""").Then("""{"versionId":"v2","assets":[]}""");

        var pages = await ReadAssets();

        pages.Select(page => page.VersionId).ShouldBe(["v1", "v1"]);
        pages.Select(page => page.VersionMoved).ShouldBe([false, true]);
    }

    [Theory]
    [InlineData("null", "\"v2\"")]
    [InlineData("\"v1\"", "null")]
    public async Task An_omitted_version_is_not_a_change(string first, string second)
    {
        Apple
            .Then($$"""{"nextPageIndex":1,"assets":[],"versionId":{{first}}}""")
            .Then($$"""{"assets":[],"versionId":{{second}}}""");

        (await ReadAssets()).ShouldAllBe(page => !page.VersionMoved);
    }

    [Theory]
    [InlineData("""{"assets":[],"currentPageIndex":0,"nextPageIndex":0}""")]
    [InlineData("""{"assets":[],"currentPageIndex":7,"nextPageIndex":8}""")]
    [InlineData("""{"assets":[],"nextPageIndex":-1}""")]
    public async Task Pages_that_do_not_advance_end_the_read_with_an_error(string page)
    {
        Apple.Then(page).Then(page).Then(page);

        (await ErrorOfAssets()).Kind.ShouldBe(AppleErrorKind.Malformed);
    }

    [Fact]
    public async Task A_cursor_is_followed_until_there_is_none()
    {
        Apple
            .Then("""{"nextCursor":"a+b/=","versionId":"1680000000001","subscriptions":[{"adamId":12345}]}""")
            .Then("""{"nextCursor":null,"versionId":"1680000000002","subscriptions":[]}""");

        var pages = await Passing(
            Session.ReadSubscriptionsAsync(new SubscriptionQuery { AdamId = "12345" }, default).ToListAsync().AsTask()
        );

        Apple
            .Requests.Select(request => request.PathAndQuery)
            .ShouldBe(["/mdm/v2/subscriptions?adamId=12345", "/mdm/v2/subscriptions?adamId=12345&cursor=a%2Bb%2F%3D"]);
        pages.Select(page => page.IsLast).ShouldBe([false, true]);
        pages[1].VersionId.ShouldBe("1680000000001");
        pages[1].VersionMoved.ShouldBeTrue();
    }

    [Fact]
    public async Task A_repeated_cursor_ends_the_read_with_an_error()
    {
        Apple
            .Then("""{"admins":[],"nextCursor":"a"}""")
            .Then("""{"admins":[],"nextCursor":"b"}""")
            .Then("""{"admins":[],"nextCursor":"a"}""");

        var read = Session.ReadSubscriptionAdminsAsync(new SubscriptionAdminQuery(), default).ToListAsync().AsTask();

        (await ErrorOf(read)).Kind.ShouldBe(AppleErrorKind.TraversalStuck);
        Apple.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_empty_page_with_its_own_cursor_is_the_end()
    {
        Apple
            .Then("""{"nextCursor":"a","subscriptions":[{"adamId":1}]}""")
            .Then("""{"nextCursor":"a","subscriptions":[]}""");

        var pages = await ReadSubscriptions();

        pages.Select(page => page.IsLast).ShouldBe([false, true]);
        Apple.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_page_with_records_and_its_own_cursor_is_not_the_end()
    {
        Apple
            .Then("""{"nextCursor":"a","subscriptions":[{"adamId":1}]}""")
            .Then("""{"nextCursor":"a","subscriptions":[{"adamId":1}]}""");

        (await ErrorOf(ReadSubscriptions())).Kind.ShouldBe(AppleErrorKind.TraversalStuck);
    }

    [Fact]
    public async Task An_invalid_cursor_asks_for_a_restart()
    {
        Apple
            .Then("""{"assignments":[],"nextCursor":"a"}""")
            .Then("""{"errorNumber":9812,"errorMessage":"Invalid cursor"}""", 400);

        var read = Session
            .ReadSubscriptionAssignmentsAsync(new SubscriptionAssignmentQuery(), default)
            .ToListAsync()
            .AsTask();

        (await ErrorOf(read)).Kind.ShouldBe(AppleErrorKind.RestartTraversal);
    }

    [Fact]
    public async Task Queries_contain_exactly_the_filters_that_are_set()
    {
        Apple
            .Then("""{"assets":[]}""")
            .Then("""{"assignments":[]}""")
            .Then("""{"users":[]}""")
            .Then("""{"eventStatus":"PENDING"}""");
        var assets = new AssetQuery
        {
            AdamId = "1",
            PricingParam = "STDQ",
            DeviceAssignable = true,
            Unlimited = false,
        };
        var assignments = new AssignmentQuery { ClientUserId = "a b&c", SinceVersionId = "v" };

        await ReadAssets(assets with { MinAvailableCount = 3 });
        await Passing(Session.ReadAssignmentsAsync(assignments, default).ToListAsync().AsTask());
        await Passing(Session.ReadUsersAsync(new UserQuery { ActiveOnly = true }, default).ToListAsync().AsTask());
        await Passing(Session.GetEventStatusAsync("e/1", default));

        Apple
            .Requests.Select(request => request.PathAndQuery)
            .ShouldBe([
                "/mdm/v2/assets?adamId=1&pricingParam=STDQ&deviceAssignable=true&minAvailableCount=3&unlimited=false",
                "/mdm/v2/assignments?clientUserId=a%20b%26c&sinceVersionId=v",
                "/mdm/v2/users?activeOnly=true",
                "/mdm/v2/status?eventId=e%2F1",
            ]);
    }

    private async Task<IReadOnlyList<Page<Subscription>>> ReadSubscriptions() =>
        await Passing(Session.ReadSubscriptionsAsync(new SubscriptionQuery(), default).ToListAsync().AsTask());
}
