using System.Text.Json.Nodes;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Writing;

public sealed class SplitTests : AppleTest
{
    [Fact]
    public async Task A_write_is_split_by_the_limits_of_Service_Config()
    {
        UseLimits("""{"maxAssets":2,"maxClientUserIds":3,"maxSerialNumbers":2}""");
        Accept(6);

        var operation = await Passing(
            Session.AssociateAssetsAsync(
                new()
                {
                    Assets = [.. Ids(3).Select(id => new AssetKey { AdamId = id })],
                    ClientUserIds = Ids(4),
                    SerialNumbers = Ids(5),
                }
            )
        );

        Sizes("assets", "clientUserIds", "serialNumbers")
            .ShouldBe([
                [2, 3, 2],
                [1, 3, 2],
                [2, 1, 2],
                [1, 1, 2],
                [2, 0, 1],
                [1, 0, 1],
            ]);
        operation.EventIds.Count.ShouldBe(6);
        operation.Parts.Sum(part => part.Request.ItemCount).ShouldBe(3 * (4 + 5));
    }

    [Fact]
    public async Task Without_limits_of_Service_Config_the_documented_ones_hold()
    {
        UseLimits("""{"maxUsers":0,"maxRevokeSerialNumbers":-1}""");
        Accept(12);

        await Passing(
            Session.AssociateAssetsAsync(
                new() { Assets = [.. Ids(26).Select(id => new AssetKey { AdamId = id })], SerialNumbers = Ids(1001) }
            )
        );
        await Passing(Session.RevokeAssetsAsync(new() { ClientUserIds = Ids(101), SerialNumbers = Ids(100) }));
        await Passing(
            Session.CreateUsersAsync(
                new() { Users = [.. Ids(101).Select(id => new RequestUser { ClientUserId = id })] }
            )
        );
        await Passing(Session.DisassociateSubscriptionsAsync(new() { AdamIds = Ids(26), ClientUserIds = Ids(1001) }));

        Sizes("assets", "serialNumbers", "clientUserIds", "users", "adamIds")
            .ShouldBe([
                [25, 1000, 0, 0, 0],
                [1, 1000, 0, 0, 0],
                [25, 1, 0, 0, 0],
                [1, 1, 0, 0, 0],
                [0, 100, 100, 0, 0],
                [0, 0, 1, 0, 0],
                [0, 0, 0, 100, 0],
                [0, 0, 0, 1, 0],
                [0, 0, 1000, 0, 25],
                [0, 0, 1000, 0, 1],
                [0, 0, 1, 0, 25],
                [0, 0, 1, 0, 1],
            ]);
    }

    [Fact]
    public async Task A_limit_that_changed_since_it_was_read_is_read_again()
    {
        UseLimits("""{"maxUsers":4}""");
        await Client.GetServiceConfigAsync(default);
        UseLimits("""{"maxUsers":2}""");
        Apple.Then("""{"errorNumber":9714,"errorMessage":"Too many users"}""", 400);
        Accept(2);

        var operation = await Passing(
            Session.RetireUsersAsync(new() { Users = [.. Ids(4).Select(id => new RequestUser { ClientUserId = id })] })
        );

        Sizes("users")
            .ShouldBe([
                [4],
                [2],
                [2],
            ]);
        operation.EventIds.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(9700)]
    [InlineData(9701)]
    [InlineData(9702)]
    [InlineData(9714)]
    [InlineData(9816)]
    public async Task A_limit_that_did_not_change_is_an_error(int number)
    {
        Apple.Then($$"""{"errorNumber":{{number}},"errorMessage":"Too many"}""", 400);

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = Ids(100) }));

        error.Kind.ShouldBe(AppleErrorKind.TooManyItems);
        error.Operation!.Parts.ShouldHaveSingleItem().State.ShouldBe(OperationPartState.Rejected);
        Apple.Requests.Count.ShouldBe(1);
    }

    private static string[] Ids(int count) => [.. Enumerable.Range(1, count).Select(i => $"{i}")];

    private void UseLimits(string limits) =>
        Apple.ServiceConfig = () => ScriptedApple.Json($$"""{"limits":{{limits}}}""");

    private void Accept(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Apple.Then($$"""{"eventId":"e-{{i}}","uId":"7"}""");
        }
    }

    private IEnumerable<int[]> Sizes(params string[] lists) =>
        Apple.Requests.Select(request =>
            lists.Select(list => (JsonNode.Parse(request.Body)![list] as JsonArray)?.Count ?? 0).ToArray()
        );
}
