using System.Globalization;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Drill.Requests;

/// <summary>300 assets, 25 of them on each of 1,000 devices; 2,000 users; 20 subscriptions with 800 seats; typical changes.</summary>
internal static class TypicalLocation
{
    // An app's 1,000 assignments span two pages.
    public const int PagesPerApp = 2;

    private const int Assets = 300;
    private const int Users = 2000;
    private const int Plans = 20;
    private const int SeatsOfPlan = 40;

    private static readonly string[] Apps = [.. Enumerable.Range(1, 25).Select(Text)];
    private static readonly string[] Devices = [.. Enumerable.Range(0, 1000).Select(i => $"D{i:0000}")];

    public static IReadOnlyList<(string Change, Func<SimulatedLocation, Task> Make)> Changes { get; } =
    [
        ("1 app for 1 new device", location => location.AssociateAsync(["1"], ["N1"])),
        ("25 apps for 1 new device", location => location.AssociateAsync(Apps, ["N2"])),
        ("1 app for 5 new devices", location => location.AssociateAsync(["1"], CreateNames("A", 5))),
        ("25 apps for 5 new devices", location => location.AssociateAsync(Apps, CreateNames("B", 5))),
        ("1 app for 200 new devices", location => location.AssociateAsync(["2"], CreateNames("C", 200))),
        ("1 app revoked from 1 device", location => location.DisassociateAsync(["1"], ["D0001"])),
        ("all apps revoked from 1 device", location => location.RevokeAsync(["D0002"])),
        ("10 licenses of 1 app bought", location => Buy(location, 1)),
        ("10 licenses of each of 25 apps bought", location => Buy(location, Apps.Length)),
        ("1 user created", location => location.CreateUsersAsync(NewUsers("one", 1))),
        ("100 users created", location => location.CreateUsersAsync(NewUsers("many", 100))),
        ("1 user retired", location => location.RetireUsersAsync("user-1999")),
        ("1 seat assigned", location => location.AssociateSubscriptionsAsync([1], ["user-1500"])),
        (
            "10 seats in each of 10 subscriptions assigned",
            location =>
                location.AssociateSubscriptionsAsync(
                    [.. Enumerable.Range(1, 10).Select(plan => (long)plan)],
                    [.. Enumerable.Range(1600, 10).Select(user => $"user-{user}")]
                )
        ),
    ];

    public static void Fill(SimulatedLocation location) =>
        location.Silently(change =>
        {
            foreach (var asset in Enumerable.Range(1, Assets))
            {
                change.PutAsset(new SimulatedAsset(Text(asset), "STDQ", Total: 10_000));
            }

            foreach (var app in Apps)
            {
                Array.ForEach(Devices, device => change.Associate(new(app, "STDQ"), AssignmentTarget.Device(device)));
            }

            foreach (var user in Enumerable.Range(0, Users).Select(user => $"user-{user}"))
            {
                change.CreateUser(user, email: null, $"{user}@example.org", "");
            }

            foreach (var plan in Enumerable.Range(1, Plans))
            {
                change.PutSubscription(new SimulatedSubscription(plan, null, TotalRenewing: 500, TotalExpiring: 0));
                foreach (var seat in Enumerable.Range(0, SeatsOfPlan))
                {
                    change.AssociateSubscription(plan, $"user-{seat}", renewing: true);
                }
            }
        });

    /// <summary>The same apps without assignments.</summary>
    public static void FillForBurst(SimulatedLocation location) =>
        location.Silently(change =>
        {
            foreach (var app in Apps)
            {
                change.PutAsset(new SimulatedAsset(app, "STDQ", Total: 10_000));
            }
        });

    public static Task BurstAsync(SimulatedLocation location) => location.AssociateAsync(Apps, Devices);

    private static Task Buy(SimulatedLocation location, int apps)
    {
        foreach (var app in Apps.Take(apps))
        {
            location.ChangeAssetCount(app, 10);
        }

        return Task.CompletedTask;
    }

    private static string[] CreateNames(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => $"{prefix}{i}")];

    private static UserRequest[] NewUsers(string prefix, int count) =>
        [.. CreateNames(prefix, count).Select(user => new UserRequest(user, $"{user}@example.org"))];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
