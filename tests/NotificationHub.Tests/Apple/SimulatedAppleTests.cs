using NotificationHub.Apple;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using SimulatedAppleTest = NotificationHub.Tests.Simulator.Apple.AppleTest;

namespace NotificationHub.Tests.Apple;

/// <summary>The client against the simulated Apple, which was written independently and reports violations.</summary>
public sealed class SimulatedAppleTests : SimulatedAppleTest
{
    private readonly HttpClient http = new(AppleClient.CreateHandler());
    private readonly List<OwnerChange> ownerChanges = [];
    private AppleClient? client;
    private RequestRate? rate;

    internal override SimulatedAppleOptions Options =>
        new()
        {
            TimeProvider = Clock,
            PageSize = 2,
            EnforceRate = false,
        };

    private AppleSession Session
    {
        get
        {
            client ??= new AppleClient(
                http,
                new AppleClientOptions
                {
                    BaseUrl = Apple.BaseUrl,
                    // The clock jumps, so requests must not time out.
                    RequestTimeout = Timeout.InfiniteTimeSpan,
                    ServiceConfigTimeout = Timeout.InfiniteTimeSpan,
                    LongestRetryAfter = TimeSpan.FromMinutes(5),
                },
                Clock
            );
            rate ??= new RequestRate(Clock);
            return new AppleSession(
                client,
                NotificationHub.Apple.ContentToken.Parse(Location.ContentTokenFile),
                rate,
                Location.UId
            )
            {
                OwnerChanged = ownerChanges.Add,
            };
        }
    }

    public override async ValueTask DisposeAsync()
    {
        client?.Dispose();
        rate?.Dispose();
        http.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Assets_are_associated_disassociated_and_revoked()
    {
        Location.AddAsset("1");
        Location.AddAsset("2", "PLUS");
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        AssetKey[] assets = [new() { AdamId = "1" }, new() { AdamId = "2", PricingParam = "PLUS" }];

        var associated = await Finish(
            Session.AssociateAssetsAsync(
                new()
                {
                    Assets = assets,
                    ClientUserIds = ["u1"],
                    SerialNumbers = ["S1", "S2"],
                }
            )
        );
        (await Assignments()).ShouldBe(["1 S1", "1 S2", "1 u1", "2 S1", "2 S2", "2 u1"], ignoreOrder: true);

        var disassociated = await Finish(
            Session.DisassociateAssetsAsync(new() { Assets = [assets[1]], SerialNumbers = ["S1"] })
        );
        (await Assignments()).ShouldBe(["1 S1", "1 S2", "1 u1", "2 S2", "2 u1"], ignoreOrder: true);

        var revoked = await Finish(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"], SerialNumbers = ["S2"] }));
        (await Assignments()).ShouldBe(["1 S1"]);

        new[] { associated, disassociated, revoked }.ShouldAllBe(result => result.IsSuccess);
        associated.Events.ShouldHaveSingleItem().Status!.NumRequested.ShouldBe(6);
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Users_are_created_updated_and_retired()
    {
        RequestUser[] users =
        [
            new() { ClientUserId = "u1", Email = "u1@example.com" },
            new() { ClientUserId = "u2", ManagedAppleId = "u2@example.com" },
        ];
        for (var i = 0; i < 2; i++)
        {
            (await Finish(Session.CreateUsersAsync(new() { Users = users }))).IsSuccess.ShouldBeTrue();
            (
                await Finish(
                    Session.UpdateUsersAsync(
                        new() { Users = [new() { ClientUserId = "u1", Email = "new@example.com" }] }
                    )
                )
            ).IsSuccess.ShouldBeTrue();
            (await Passing(Session.FindMissingAsync(new CreateUsersRequest { Users = users }))).ShouldBeEmpty();
            (await Finish(Session.RetireUsersAsync(new() { Users = users }))).IsSuccess.ShouldBeTrue();
        }

        var all = await All(Session.ListUsersAsync());
        all.Count.ShouldBe(4);
        all.ShouldAllBe(user => user.IsRetired);
        (await All(Session.ListUsersAsync(new() { ActiveOnly = true }))).ShouldBeEmpty();
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Subscriptions_are_assigned_and_administered()
    {
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddUser("u2", managedAppleId: "u2@example.com");
        Location.AddSubscription(11, renewing: 5, parentAdamId: 10);
        string[] users = ["u1", "u2"];

        (await Passing(Session.EnableSubscriptionsAsync())).SubscriptionManagement.ShouldBe(true);
        (
            await Finish(
                Session.AssociateSubscriptionsAsync(
                    new()
                    {
                        AdamIds = ["11"],
                        ClientUserIds = users,
                        Renewing = true,
                    }
                )
            )
        ).IsSuccess.ShouldBeTrue();
        await Passing(Session.AddSubscriptionAdminsAsync(new() { AdamIds = ["11"], ClientUserIds = users }));
        await Passing(Session.RemoveSubscriptionAdminsAsync(new() { AdamIds = ["11"], ClientUserIds = ["u2"] }));
        (
            await Finish(Session.DisassociateSubscriptionsAsync(new() { AdamIds = ["11"], ClientUserIds = ["u1"] }))
        ).IsSuccess.ShouldBeTrue();

        (await All(Session.ListSubscriptionAssignmentsAsync())).ShouldHaveSingleItem().ClientUserId.ShouldBe("u2");
        (await All(Session.ListSubscriptionAdminsAsync())).ShouldHaveSingleItem().ClientUserId.ShouldBe("u1");
        (await All(Session.ListSubscriptionsAsync())).ShouldHaveSingleItem().Counts!.Assigned!.Renewing.ShouldBe(1);
        var disabled = await Should.ThrowAsync<NotificationHub.Apple.AppleException>(
            Passing(Session.DisableSubscriptionsAsync())
        );
        (disabled.ErrorNumber, disabled.Kind).ShouldBe((9818, AppleErrorKind.Conflict));
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Missing_licenses_are_reported_with_their_items()
    {
        Location.AddAsset("1", total: 1);

        var result = await Finish(
            Session.AssociateAssetsAsync(
                new() { Assets = [new() { AdamId = "1" }], SerialNumbers = ["S1", "S2", "S3"] }
            )
        );

        result.IsSuccess.ShouldBeFalse();
        result.Failures.ShouldNotBeEmpty();
        result.Failures.ShouldAllBe(failure =>
            failure.Error.ErrorNumber == 9709 && failure.Kind == AppleErrorKind.Conflict && failure.Items.Count > 0
        );
        (await Assignments()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_read_only_token_reads_and_is_recognized_when_it_writes()
    {
        Location.AddAsset("1");
        Location.ContentToken.IsReadOnly = true;

        (await All(Session.ListAssetsAsync())).Count.ShouldBe(1);
        var error = await Should.ThrowAsync<NotificationHub.Apple.AppleException>(
            Passing(Session.AssociateAssetsAsync(new() { Assets = [new() { AdamId = "1" }], SerialNumbers = ["S1"] }))
        );

        error.Kind.ShouldBe(AppleErrorKind.ReadOnlyToken);
        error.IsTokenError.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_lost_response_only_what_is_missing_is_sent_again(bool hadEffect)
    {
        Location.AddAsset("1", total: 2);
        Apple.Faults.Next("/assets/associate", hadEffect ? Fault.LoseResponse() : Fault.Abort());
        var request = new AssociateAssetsRequest { Assets = [new() { AdamId = "1" }], SerialNumbers = ["S1", "S2"] };

        var error = await Should.ThrowAsync<NotificationHub.Apple.AppleException>(
            Passing(Session.AssociateAssetsAsync(request))
        );
        error.IsOutcomeUnknown.ShouldBeTrue();
        Apple.Requests.Count("/assets/associate").ShouldBe(1);
        var missing = await Passing(Session.FindMissingAsync(request));

        missing.Count.ShouldBe(hadEffect ? 0 : 1);
        foreach (var one in missing)
        {
            (await Finish(Session.AssociateAssetsAsync(one))).IsSuccess.ShouldBeTrue();
        }

        (await Assignments()).ShouldBe(["1 S1", "1 S2"], ignoreOrder: true);
        (await All(Session.ListAssetsAsync())).ShouldHaveSingleItem().AssignedCount.ShouldBe(2);
    }

    [Fact]
    public async Task A_list_is_complete_despite_empty_pages_and_wrong_totals()
    {
        for (var i = 1; i <= 11; i++)
        {
            Location.AddAsset($"{i}");
        }

        Apple.Faults.EmptyPage = 2;
        Apple.Faults.ShrinkTotalPages = true;
        Apple.Faults.MoveVersionWhilePaging = true;
        var list = Session.ListAssetsAsync();

        var assets = await All(list);

        assets.Select(asset => int.Parse(asset.AdamId!)).Order().ShouldBe(Enumerable.Range(1, 11));
        list.MayBeIncomplete.ShouldBeTrue();
        list.IsComplete.ShouldBeTrue();
    }

    [Fact]
    public async Task A_takeover_is_reported()
    {
        Location.TakeOver("ours", "Our MDM");
        var session = Session;
        await All(session.ListAssetsAsync());

        Location.TakeOver("theirs", "Another MDM");
        await All(session.ListUsersAsync());

        var change = ownerChanges.ShouldHaveSingleItem();
        (change.PreviousId, change.Owner.Id, change.Owner.Name).ShouldBe(("ours", "theirs", "Another MDM"));
    }

    [Fact]
    public async Task A_throttled_write_is_repeated_until_Apple_accepts_it()
    {
        Apple.Faults.Next("/users/create", Fault.TooManyRequests(), Fault.TooManyRequests(TimeSpan.FromSeconds(40)));
        Apple.Faults.Next("/users/create", Fault.Unavailable(TimeSpan.FromSeconds(90), asDate: true));

        var result = await Finish(Session.CreateUsersAsync(new() { Users = [new() { ClientUserId = "u1" }] }));

        result.IsSuccess.ShouldBeTrue();
        Apple.Requests.Count("/users/create").ShouldBe(4);
        (await All(Session.ListUsersAsync())).Count.ShouldBe(1);
    }

    private async Task<OperationResult> Finish(Task<AppleOperation> write) =>
        await Passing((await Passing(write)).WaitAsync());

    private Task<List<T>> All<T>(RecordList<T> list)
        where T : class => Passing(list.ToListAsync().AsTask());

    private async Task<IReadOnlyList<string>> Assignments() =>
        [
            .. (await All(Session.ListAssignmentsAsync())).Select(one =>
                $"{one.AdamId} {one.SerialNumber ?? one.ClientUserId}"
            ),
        ];

    private async Task<T> Passing<T>(Task<T> call)
    {
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, Clock.TimersPending());
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        return await call;
    }
}
