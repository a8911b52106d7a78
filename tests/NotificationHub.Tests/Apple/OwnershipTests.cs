using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class OwnershipTests : AppleTest
{
    private const string Ours = """{"mdmInfo":{"id":"ours"},"assets":[]}""";
    private const string Theirs = """{"mdmInfo":{"id":"theirs","name":"Another MDM"},"assets":[]}""";

    private readonly List<OwnerChange> changes = [];

    private AppleSession Owner => new(Client, Token, Rate) { MdmId = "ours", OwnerChanged = changes.Add };

    [Fact]
    public async Task A_changed_owner_is_reported_once()
    {
        Apple.Then(Ours).Then("""{"mdmInfo":null,"assets":[]}""").Then(Theirs).Then(Theirs).Then(Ours);
        var session = Owner;

        for (var i = 0; i < 5; i++)
        {
            await Passing(session.ListAssetsAsync().CountAsync().AsTask());
        }

        changes
            .Select(change => (change.PreviousId, change.Owner.Id))
            .ShouldBe([("ours", "theirs"), ("theirs", "ours")]);
        changes[0].Owner.Name.ShouldBe("Another MDM");
        session.MdmId.ShouldBe("ours");
    }

    public static TheoryData<string, Func<AppleSession, Task>> Responses =>
        new()
        {
            { Theirs, session => session.ListAssetsAsync().CountAsync().AsTask() },
            { Theirs, session => session.ReadAssetsAsync(new(), default).CountAsync().AsTask() },
            {
                """{"mdmInfo":{"id":"theirs"},"subscriptions":[]}""",
                session => session.ListSubscriptionsAsync().CountAsync().AsTask()
            },
            {
                """{"mdmInfo":{"id":"theirs"},"uId":"7","locationName":"L"}""",
                session => session.GetClientConfigAsync(default)
            },
            {
                """{"mdmInfo":{"id":"theirs"},"eventStatus":"PENDING"}""",
                session => session.GetEventStatusAsync("e", default)
            },
            {
                """{"mdmInfo":{"id":"theirs"},"eventId":"e"}""",
                session => session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] })
            },
            {
                """{"mdmInfo":{"id":"theirs"},"subscriptionManagement":true}""",
                session => session.EnableSubscriptionsAsync()
            },
            {
                """{"mdmInfo":{"id":"theirs"}}""",
                session => session.AddSubscriptionAdminsAsync(new() { AdamIds = ["1"], ClientUserIds = ["u1"] })
            },
            {
                """{"mdmInfo":{"id":"theirs"}}""",
                session => session.SetClientConfigAsync(new() { MdmInfo = new() { Id = "ours" } }, default)
            },
        };

    [Theory]
    [MemberData(nameof(Responses))]
    public async Task Every_response_is_checked(string response, Func<AppleSession, Task> call)
    {
        Apple.Then(response);

        await Passing(CompleteAsync(call(Owner)));

        changes.ShouldHaveSingleItem().Owner.Id.ShouldBe("theirs");
    }

    [Fact]
    public async Task An_owner_that_the_session_recorded_itself_is_not_reported()
    {
        Apple.Then("""{"mdmInfo":{"id":"new"}}""").Then("""{"mdmInfo":{"id":"new"},"assets":[]}""");
        var session = Owner;

        await Passing(session.SetClientConfigAsync(new() { MdmInfo = new() { Id = "new" } }, default));
        await Passing(session.ListAssetsAsync().CountAsync().AsTask());

        changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_expected_owner_the_first_one_counts()
    {
        Apple.Then(Theirs).Then(Ours);
        var session = new AppleSession(Client, Token, Rate) { OwnerChanged = changes.Add };

        await Passing(session.ListAssetsAsync().CountAsync().AsTask());
        changes.ShouldBeEmpty();
        await Passing(session.ListAssetsAsync().CountAsync().AsTask());

        changes.ShouldHaveSingleItem().Owner.Id.ShouldBe("ours");
    }

    private static async Task<bool> CompleteAsync(Task call)
    {
        await call;
        return true;
    }
}
