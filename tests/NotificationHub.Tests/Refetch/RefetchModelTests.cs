using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Events;

namespace NotificationHub.Tests.Refetch;

/// <summary>After random changes, a consumer that applies only the events has the same records as Apple.</summary>
public sealed class RefetchModelTests : RefetchTest
{
    private const int Steps = 60;

    private static readonly string[] Apps = ["1", "2", "3"];
    private static readonly string[] Devices = [.. Enumerable.Range(0, 14).Select(i => $"D{i:00}")];
    private static readonly string[] Users = [.. Enumerable.Range(0, 9).Select(i => $"user-{i}")];
    private const long Plan = 12345;

    private int renames;

    private protected override int PageSize => 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Events_alone_make_an_exact_copy(int seed)
    {
        var random = new Random(seed);
        Array.ForEach(Apps, app => Location.AddAsset(app, total: 20));
        Location.AddSubscription(Plan, renewing: 5, expiring: 1);
        Apple.Faults.RandomFraction = 0.05;
        for (var i = 0; i < Steps; i++)
        {
            await RequestAsync(await ChangeAsync(random));
            Apple.Faults.MoveVersionWhilePaging = random.Next(4) == 0;
            Clock.Advance(TimeSpan.FromSeconds(random.Next(20)));
            if (random.Next(3) == 0)
            {
                await RunSlotAsync();
            }
        }

        Apple.Faults.Clear();
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()), $"seed {seed}");
        (await SnapshotSubjectsAsync()).ShouldBe((await CopyAsync()).Lines().Count, $"seed {seed}");
        Apple.Violations.ShouldBeEmpty($"seed {seed}");
    }

    /// <summary>Makes a change at Apple and returns the requests of its notifications.</summary>
    private async Task<MergedRequest[]> ChangeAsync(Random random)
    {
        var app = Pick(random, Apps);
        string[] devices = [.. Devices.Where(_ => random.Next(3) == 0)];
        string[] users = [.. Users.Where(_ => random.Next(random.Next(2) == 0 ? 9 : 2) == 0)];
        switch (random.Next(9))
        {
            case 0 or 1:
                await Location.AssociateAsync([app], devices, users);
                return CreateRequests(app, devices, users);
            case 2:
                await Location.DisassociateAsync([app], devices, users);
                return CreateRequests(app, devices, users);
            case 3:
                Location.ChangeAssetCount(app, random.Next(5));
                return [Asset(app)];
            case 4:
                await Location.CreateUsersAsync([
                    .. users.Select(user => new UserRequest(user, $"{user}@example.org", ManagedOf(user, random))),
                ]);
                return [.. users.Select(User)];
            case 5:
                await Location.RetireUsersAsync(users);
                // Retiring frees licenses and seats without a notification about them.
                return
                [
                    .. users.Select(User),
                    .. Apps.SelectMany(each => new[] { Asset(each), Assignments(each) }),
                    Subscription($"{Plan}"),
                    Seats($"{Plan}"),
                ];
            case 6:
                await Location.UpdateUsersAsync([
                    .. users.Select(user => new UserRequest(user, $"{renames++}@example.org")),
                ]);
                return [.. users.Select(User)];
            case 7:
                await Location.AssociateSubscriptionsAsync([Plan], users, renewing: random.Next(2) == 0);
                return [Subscription($"{Plan}"), Seats($"{Plan}")];
            default:
                await Location.DisassociateSubscriptionsAsync([Plan], users);
                return [Subscription($"{Plan}"), Seats($"{Plan}")];
        }
    }

    private static MergedRequest[] CreateRequests(string app, string[] devices, string[] users) =>
        [
            Asset(app),
            .. devices.Select(device => Assignments(app, $"serial:{device}")),
            .. users.Select(user => Assignments(app, $"user:{user}")),
        ];

    private static string? ManagedOf(string user, Random random) =>
        random.Next(2) == 0 ? $"{user}@managed.example.org" : null;

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];

    private Task<int> SnapshotSubjectsAsync() =>
        Store.ScalarAsync<int>("select count(*) from snapshot where data is not null");
}
