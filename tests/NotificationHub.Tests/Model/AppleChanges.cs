using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Model;

/// <summary>Random changes of a location at Apple: by the MDM, by users, by Apple itself, and silent ones without a notification.</summary>
internal sealed class AppleChanges(SimulatedLocation location, Random random)
{
    private static readonly AssetKey[] Assets =
    [
        new("1", "STDQ"),
        new("1", "PLUS"),
        new("2", "STDQ"),
        new("3", "STDQ"),
        new("4", "STDQ"),
        new("5", "STDQ"),
    ];

    private static readonly AssetKey Transferred = new("99", "STDQ");
    private static readonly long[] Plans = [12345, 12346, 12347, 12348, 12349];
    private static readonly string[] Devices = [.. Enumerable.Range(0, 14).Select(i => $"D{i:00}")];

    // A user ID may contain any characters.
    private static readonly string[] Users = [.. Enumerable.Range(0, 10).Select(i => $"user/{i}%")];

    private int renames;

    public void AddRecords()
    {
        foreach (var asset in Assets)
        {
            location.Silently(change =>
                change.PutAsset(
                    new SimulatedAsset(asset.AdamId, asset.PricingParam, Total: 20, Revocable: asset.AdamId != "4")
                )
            );
        }

        foreach (var plan in Plans)
        {
            location.AddSubscription(plan, renewing: 4, expiring: 2);
        }
    }

    public async Task ChangeAsync()
    {
        if (random.Next(5) == 0)
        {
            location.Silently(ChangeSilently);
        }
        else if (random.Next(3) == 0)
        {
            ChangeAtApple();
        }
        else
        {
            await ChangeByMdmAsync();
        }
    }

    /// <summary>A change without a notification.</summary>
    public void ChangeSilently(RecordsChange change)
    {
        var asset = Pick(Assets);
        var user = Pick(Users);
        switch (random.Next(11))
        {
            case 0:
                change.ChangeTotal(asset, random.Next(1, 4));
                break;
            case 1:
                change.Associate(asset, AssignmentTarget.Device(Pick(Devices)));
                break;
            case 2:
                change.Associate(asset, AssignmentTarget.User(user));
                break;
            case 3 or 4:
                foreach (var device in Sample(Devices, 4))
                {
                    change.Disassociate(asset, AssignmentTarget.Device(device));
                }

                break;
            case 5:
                change.RetireUser(user);
                break;
            case 6:
                change.CreateUser(user, $"{renames++}@example.org", ManagedOf(user), "invited");
                break;
            case 7:
                change.DisassociateSubscription(Pick(Plans), user);
                break;
            case 8:
                // Adds an active record and keeps the retired one.
                change.RetireUser(user);
                change.CreateUser(user, $"{renames++}@example.org", ManagedOf(user), "invited");
                break;
            case 9:
                ChangeRetiredSibling(change, user);
                break;
            default:
                TransferOrReturn(change);
                break;
        }
    }

    /// <summary>Changes only the retired record of an active user; an incremental read returns it without the active one.</summary>
    private void ChangeRetiredSibling(RecordsChange change, string user)
    {
        if (change.ActiveUser(user) is { Ordinal: > 0 } active)
        {
            change.PutUser(
                active with
                {
                    Ordinal = 0,
                    Status = SimulatedUser.Retired,
                    Email = $"{renames++}@example.org",
                    IdHash = null,
                    InviteCode = null,
                }
            );
        }
    }

    private void TransferOrReturn(RecordsChange change)
    {
        if (change.Asset(Transferred) is null)
        {
            change.PutAsset(new SimulatedAsset(Transferred.AdamId, Transferred.PricingParam, Total: 5));
            change.Associate(Transferred, AssignmentTarget.Device(Pick(Devices)));
        }
        else
        {
            change.RemoveAsset(Transferred);
        }
    }

    private void ChangeAtApple()
    {
        switch (random.Next(4))
        {
            case 0:
                var asset = Pick(Assets);
                location.ChangeAssetCount(asset.AdamId, random.Next(1, 4), asset.PricingParam);
                break;
            case 1:
                location.AcceptInvitations(Sample(Users, 3));
                break;
            case 2:
                location.SetSubscriptionSeats(Pick(Plans), renewing: 8 + random.Next(4), expiring: random.Next(3));
                break;
            default:
                location.EndBillingPeriod(Pick(Plans));
                break;
        }
    }

    private async Task ChangeByMdmAsync()
    {
        var asset = Pick(Assets);
        var users = Sample(Users, 3);
        switch (random.Next(9))
        {
            case 0 or 1:
                // Sometimes there are too few licenses, so that some of the tasks fail.
                await location.AssociateAsync([asset.AdamId], Sample(Devices, 2), users, asset.PricingParam);
                break;
            case 2:
                await location.DisassociateAsync([asset.AdamId], Sample(Devices, 3), users, asset.PricingParam);
                break;
            case 3:
                await location.AssociateAsync(["1", "2", "3", "4"], [Pick(Devices)]);
                break;
            case 4:
                await location.RevokeAsync([Pick(Devices)], [Pick(Users)]);
                break;
            case 5:
                await location.CreateUsersAsync([
                    .. users.Select(user => new UserRequest(user, $"{renames++}@example.org", ManagedOf(user))),
                ]);
                break;
            case 6:
                await location.RetireUsersAsync(users);
                break;
            case 7:
                await location.AssociateSubscriptionsAsync([Pick(Plans)], users, renewing: random.Next(2) == 0);
                break;
            default:
                await location.DisassociateSubscriptionsAsync([Pick(Plans)], users);
                break;
        }
    }

    private string? ManagedOf(string user) => random.Next(2) == 0 ? $"{user}@managed.example.org" : null;

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];

    private string[] Sample(string[] from, int oneOf) => [.. from.Where(_ => random.Next(oneOf) == 0)];
}
