using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>Whatever happens to the records, in any order, counts add up and records fit together.</summary>
public sealed class AppleRecordsPropertyTests
{
    private static readonly string[] Devices = ["D1", "D2", "D3", "D4"];
    private static readonly string[] Users = ["u1", "u2", "u3"];
    private static readonly long[] Plans = [11, 12];
    private static readonly AssetKey[] Assets = [new("app", "STDQ"), new("app", "PLUS"), new("book", "STDQ")];

    private static readonly Gen<Step[]> Sequences = (
        from kind in Gen.Choose(0, 15)
        from first in Gen.Choose(0, 11)
        from second in Gen.Choose(0, 11)
        from amount in Gen.Choose(-3, 3)
        select new Step(kind, first, second, amount)
    ).ArrayOf(60);

    [Fact]
    public void Counts_add_up_and_records_fit_together() =>
        Prop.ForAll(
                Sequences.ToArbitrary(),
                steps =>
                {
                    var records = NewRecords();
                    foreach (var step in steps)
                    {
                        var before = records.Current.Export();
                        var error = records.Change(change => Run(change, step));
                        var after = records.Current;
                        Check(after, step);
                        if (error is not null)
                        {
                            after.Export().Assignments.ShouldBe(before.Assignments, $"{step} failed with {error}");
                            after.Export().Assets.ShouldBe(before.Assets, $"{step} failed with {error}");
                            after.Export().Users.ShouldBe(before.Users, $"{step} failed with {error}");
                            after.Export().Subscriptions.ShouldBe(before.Subscriptions, $"{step} failed with {error}");
                            after
                                .Export()
                                .SubscriptionAssignments.ShouldBe(before.SubscriptionAssignments, $"{step}: {error}");
                        }
                    }
                }
            )
            .QuickCheckThrowOnFailure();

    private static LocationRecords NewRecords()
    {
        var records = new LocationRecords(TimeProvider.System, () => TimeSpan.Zero);
        records.Change(change =>
        {
            foreach (var asset in Assets)
            {
                var isApp = asset.AdamId == "app";
                change.PutAsset(new(asset.AdamId, asset.PricingParam, Total: 3, Revocable: isApp));
            }

            foreach (var plan in Plans)
            {
                change.PutSubscription(new(plan, null, TotalRenewing: 2, TotalExpiring: 1));
            }

            return true;
        });
        return records;
    }

    private static int? Run(RecordsChange change, Step step)
    {
        var asset = Assets[step.First % Assets.Length];
        var device = AssignmentTarget.Device(Devices[step.Second % Devices.Length]);
        var user = Users[step.Second % Users.Length];
        var plan = Plans[step.First % Plans.Length];
        var account = step.Amount < 0 ? null : $"{Users[step.First % Users.Length]}@example.com";
        return step.Kind switch
        {
            0 or 1 => change.Associate(asset, device),
            2 or 3 => change.Associate(asset, AssignmentTarget.User(user)),
            4 => change.Disassociate(asset, device),
            5 => change.Disassociate(asset, AssignmentTarget.User(user)),
            6 or 7 => change.CreateUser(user, "a@example.com", account, "code"),
            8 => change.UpdateUser(user, "b@example.com", account),
            9 => change.RetireUser(user),
            10 => change.AcceptInvitation(user),
            11 => Buy(change, asset, step.Amount),
            12 => change.AssociateSubscription(plan, user, step.Amount > 0, throughGroup: step.Amount == 3),
            13 => change.DisassociateSubscription(plan, user),
            14 => change.LetExpire(plan, user),
            _ => Renew(change, plan, step),
        };
    }

    private static int? Buy(RecordsChange change, AssetKey asset, int amount)
    {
        change.ChangeTotal(asset, Math.Max(amount, -change.Asset(asset)!.Available));
        return null;
    }

    private static int? Renew(RecordsChange change, long plan, Step step)
    {
        if (step.Amount == 0)
        {
            change.EndPeriod(plan, nextEnd: null);
        }
        else
        {
            change.SetSeats(plan, renewing: step.First % 4, expiring: Math.Abs(step.Amount));
        }

        return null;
    }

    private static void Check(LocationSnapshot records, Step step)
    {
        foreach (var asset in records.Assets.Values.Select(row => row.Value))
        {
            asset.Assigned.ShouldBe(records.Assignments.Keys.Count(key => key.Asset == asset.Key), $"{step}");
            (asset.Assigned + asset.Available + asset.Retired).ShouldBe(asset.Total, $"{step}");
            asset.Available.ShouldBeGreaterThanOrEqualTo(0, $"{step}");
        }

        var active = records.Users.Values.Select(row => row.Value).Where(user => user.IsActive).ToList();
        active.Select(user => user.ClientUserId).ShouldBeUnique($"{step}");
        active.Select(user => user.IdHash).OfType<string>().ShouldBeUnique($"{step}");
        active.ShouldAllBe(user => (user.Status == SimulatedUser.Associated) == (user.IdHash != null), $"{step}");
        records
            .Assignments.Values.Select(row => row.Value.ClientUserId)
            .OfType<string>()
            .ShouldBeSubsetOf(active.Select(user => user.ClientUserId), $"{step}");
        var seats = records.SubscriptionAssignments.Values.Select(row => row.Value).ToList();
        seats
            .Select(seat => seat.ClientUserId)
            .ShouldBeSubsetOf(
                active.Where(user => user.Status == SimulatedUser.Associated).Select(user => user.ClientUserId),
                $"{step}"
            );
        foreach (var subscription in records.Subscriptions.Values.Select(row => row.Value))
        {
            var counts = SubscriptionCounts.From(subscription);
            (Sum(counts.Assigned) + Sum(counts.Available)).ShouldBe(Sum(counts.Total), $"{step}");
            Math.Min(counts.Available.Renewing, counts.Available.Expiring).ShouldBeGreaterThanOrEqualTo(0, $"{step}");
            seats
                .Count(seat => seat.AdamId == subscription.AdamId && seat.Renewing)
                .ShouldBe(counts.Assigned.Renewing, $"{step}");
            seats
                .Count(seat => seat.AdamId == subscription.AdamId && !seat.Renewing)
                .ShouldBe(counts.Assigned.Expiring, $"{step}");
        }
    }

    private static int Sum(SeatCount count) => count.Renewing + count.Expiring;

    private sealed record Step(int Kind, int First, int Second, int Amount);
}
