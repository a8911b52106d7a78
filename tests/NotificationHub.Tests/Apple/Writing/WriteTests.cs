using System.Text.Json.Nodes;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Writing;

public sealed class WriteTests : AppleTest
{
    private const string Accepted = """{"eventId":"e-1","uId":"7","unknown":{"a":1}}""";

    public static TheoryData<string, string, Func<AppleSession, Task<AppleOperation>>> AsynchronousWrites =>
        new()
        {
            {
                "/mdm/v2/assets/associate",
                """{"assets":[{"adamId":"1"},{"adamId":"2","pricingParam":"PLUS"}],"serialNumbers":["S1"]}""",
                session =>
                    session.AssociateAssetsAsync(
                        new()
                        {
                            Assets = [new() { AdamId = "1" }, new() { AdamId = "2", PricingParam = "PLUS" }],
                            SerialNumbers = ["S1"],
                        }
                    )
            },
            {
                "/mdm/v2/assets/disassociate",
                """{"assets":[{"adamId":"1"}],"clientUserIds":["u1","u2"],"serialNumbers":["S1"]}""",
                session =>
                    session.DisassociateAssetsAsync(
                        new()
                        {
                            Assets = [new() { AdamId = "1" }],
                            ClientUserIds = ["u1", "u2", "u1"],
                            SerialNumbers = ["S1", "s1"],
                        }
                    )
            },
            {
                "/mdm/v2/assets/revoke",
                """{"clientUserIds":["u1"]}""",
                session => session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] })
            },
            {
                "/mdm/v2/users/create",
                """{"users":[{"clientUserId":"u1","email":"u1@example.com"},{"clientUserId":"u2","managedAppleId":"m"}]}""",
                session =>
                    session.CreateUsersAsync(
                        new()
                        {
                            Users =
                            [
                                new() { ClientUserId = "u1", Email = "u1@example.com" },
                                new() { ClientUserId = "u2", ManagedAppleId = "m" },
                            ],
                        }
                    )
            },
            {
                "/mdm/v2/users/update",
                """{"users":[{"clientUserId":"u1","email":"new@example.com"}]}""",
                session =>
                    session.UpdateUsersAsync(
                        new() { Users = [new() { ClientUserId = "u1", Email = "new@example.com" }] }
                    )
            },
            {
                "/mdm/v2/users/retire",
                """{"users":[{"clientUserId":"u1"}]}""",
                session => session.RetireUsersAsync(new() { Users = [new() { ClientUserId = "u1", Email = "unused" }] })
            },
            {
                "/mdm/v2/subscriptions/associate",
                """{"adamIds":[12345678901,2],"clientUserIds":["u1"],"renewing":false}""",
                session =>
                    session.AssociateSubscriptionsAsync(
                        new()
                        {
                            AdamIds = ["12345678901", "2"],
                            ClientUserIds = ["u1"],
                            Renewing = false,
                        }
                    )
            },
            {
                "/mdm/v2/subscriptions/disassociate",
                """{"adamIds":[1],"clientUserIds":["u1"],"deferred":true}""",
                session =>
                    session.DisassociateSubscriptionsAsync(
                        new()
                        {
                            AdamIds = ["1"],
                            ClientUserIds = ["u1"],
                            Deferred = true,
                        }
                    )
            },
        };

    [Theory]
    [MemberData(nameof(AsynchronousWrites))]
    public async Task An_asynchronous_write_is_one_POST_that_returns_an_event(
        string path,
        string body,
        Func<AppleSession, Task<AppleOperation>> write
    )
    {
        Apple.Then(Accepted);

        var operation = await Passing(write(Session));

        var request = Apple.Requests.ShouldHaveSingleItem();
        (request.Method, request.PathAndQuery, request.ContentType).ShouldBe(("POST", path, "application/json"));
        request.Authorization.ShouldBe($"Bearer {Token.Reveal()}");
        JsonNode.DeepEquals(JsonNode.Parse(request.Body), JsonNode.Parse(body)).ShouldBeTrue(request.Body);
        operation.EventIds.ShouldBe(["e-1"]);
        var part = operation.Parts.ShouldHaveSingleItem();
        part.State.ShouldBe(OperationPartState.Accepted);
        part.Request.EventType.ShouldBe(path.Split('/')[^1].ToUpperInvariant());
    }

    [Fact]
    public async Task Administrators_are_changed_at_once()
    {
        const string Body = """{"adamIds":[1,2],"clientUserIds":["u1"]}""";
        Apple.Then("""{"uId":"7","versionId":"v1"}""").Then("""{"uId":"7","versionId":17}""");

        var added = await Passing(
            Session.AddSubscriptionAdminsAsync(new() { AdamIds = ["1", "2"], ClientUserIds = ["u1"] })
        );
        var removed = await Passing(
            Session.RemoveSubscriptionAdminsAsync(new() { AdamIds = ["1", "2"], ClientUserIds = ["u1"] })
        );

        (added.VersionId, removed.VersionId).ShouldBe(("v1", "17"));
        new AddSubscriptionAdminsRequest { AdamIds = ["1"], ClientUserIds = ["u1"] }.EventType.ShouldBeNull();
        Apple
            .Requests.Select(request => (request.Method, request.PathAndQuery, request.Body))
            .ShouldBe([
                ("POST", "/mdm/v2/subscriptions/admins/add", Body),
                ("POST", "/mdm/v2/subscriptions/admins/remove", Body),
            ]);
    }

    [Fact]
    public async Task Subscriptions_are_enabled_and_disabled_at_once()
    {
        Apple
            .Then("""{"mdmInfo":null,"subscriptionManagement":true,"uId":"7"}""")
            .Then("""{"subscriptionManagement":false,"uId":"7"}""");

        (await Passing(Session.EnableSubscriptionsAsync())).SubscriptionManagement.ShouldBe(true);
        (await Passing(Session.DisableSubscriptionsAsync())).SubscriptionManagement.ShouldBe(false);

        Apple
            .Requests.Select(request => (request.Method, request.PathAndQuery, request.Body, request.ContentType))
            .ShouldBe([
                ("POST", "/mdm/v2/subscriptions/enable", "", "application/json"),
                ("POST", "/mdm/v2/subscriptions/disable", "", "application/json"),
            ]);
    }

    [Fact]
    public async Task The_addresses_of_Service_Config_are_used()
    {
        Apple.ServiceConfig = () =>
            ScriptedApple.Json(
                """{"urls":{"revokeAssets":"https://vpp.itunes.apple.com/mdm/v3/revoke","createUsers":"https://evil.example/x"}}"""
            );
        Apple.Then(Accepted).Then(Accepted);

        await Passing(Session.RevokeAssetsAsync(new() { SerialNumbers = ["S1"] }));
        await Passing(Session.CreateUsersAsync(new() { Users = [new() { ClientUserId = "u1" }] }));

        Apple
            .Requests.Select(request => request.Url.AbsoluteUri)
            .ShouldBe([
                "https://vpp.itunes.apple.com/mdm/v3/revoke",
                "https://vpp.itunes.apple.com/mdm/v2/users/create",
            ]);
    }

    public static TheoryData<Func<AppleSession, Task>> IncompleteRequests =>
        new()
        {
            session => session.AssociateAssetsAsync(new() { Assets = [], SerialNumbers = ["S1"] }),
            session => session.AssociateAssetsAsync(new() { Assets = [new() { AdamId = "1" }] }),
            session => session.AssociateAssetsAsync(new() { Assets = [new()], SerialNumbers = ["S1"] }),
            session => session.RevokeAssetsAsync(new()),
            session => session.RevokeAssetsAsync(new() { ClientUserIds = [" "] }),
            session => session.CreateUsersAsync(new() { Users = [] }),
            session =>
                session.UpdateUsersAsync(
                    new()
                    {
                        Users =
                        [
                            new() { ClientUserId = "u1" },
                            new() { ClientUserId = "u1", Email = "u1@example.com" },
                        ],
                    }
                ),
            session =>
                session.AssociateSubscriptionsAsync(
                    new()
                    {
                        AdamIds = ["x"],
                        ClientUserIds = ["u1"],
                        Renewing = true,
                    }
                ),
            session => session.AddSubscriptionAdminsAsync(new() { AdamIds = ["1"], ClientUserIds = [] }),
        };

    [Theory]
    [MemberData(nameof(IncompleteRequests))]
    public async Task An_incomplete_or_contradictory_request_is_not_sent(Func<AppleSession, Task> write)
    {
        await Should.ThrowAsync<ArgumentException>(() => write(Session));

        Apple.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"uId":"7"}""")]
    [InlineData("""{"eventId":"","uId":"7"}""")]
    public async Task A_200_without_an_event_leaves_the_effect_unknown(string body)
    {
        Apple.Then(body);

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }));

        (error.Kind, error.IsOutcomeUnknown).ShouldBe((AppleErrorKind.Malformed, true));
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public void Personal_data_is_not_part_of_any_text()
    {
        var user = new RequestUser
        {
            ClientUserId = "person",
            Email = "person",
            ManagedAppleId = "person",
        };
        var texts = new object[]
        {
            user,
            new CreateUsersRequest { Users = [user] },
            new RevokeAssetsRequest { ClientUserIds = ["person"], SerialNumbers = ["person"] },
            new WriteItem { ClientUserId = "person", SerialNumber = "person" },
            new OperationFailure(
                new AppleError { ErrorMessage = "person" },
                AppleErrorKind.NotFound,
                [new WriteItem { ClientUserId = "person" }]
            ),
            new OperationPart(new RevokeAssetsRequest { ClientUserIds = ["person"] }, OperationPartState.Unknown),
        };

        texts.ShouldAllBe(text => !text.ToString()!.Contains("person"));
    }
}
