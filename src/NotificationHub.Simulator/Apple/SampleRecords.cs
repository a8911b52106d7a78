using System.Globalization;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple;

/// <summary>How many sample records a location gets.</summary>
/// <param name="Devices">Devices with assignments. Apple knows serial numbers only from requests.</param>
internal sealed record SampleSize(int Assets, int Devices, int Users, int Subscriptions);

/// <summary>Fills a location with records of all kinds and states.</summary>
internal static class SampleRecords
{
    public const long FirstAdamId = 361285480;

    private const int AppsPerDevice = 3;
    private const int SpareLicenses = 10;
    private const long FirstSubscription = 900000001;

    public static void Fill(SimulatedLocation location, SampleSize size)
    {
        location.Silently(change =>
        {
            AddUsers(change, size.Users);
            AddAssets(change, size);
        });
        foreach (var number in Enumerable.Range(0, size.Subscriptions))
        {
            AddSubscription(location, FirstSubscription + number, size.Users);
        }
    }

    public static string AdamId(int number) => (FirstAdamId + number).ToString(CultureInfo.InvariantCulture);

    public static string Device(int number) => string.Create(CultureInfo.InvariantCulture, $"C02SIM{number:000000}");

    public static string User(int number) => string.Create(CultureInfo.InvariantCulture, $"user-{number:0000}");

    // Every third user has not accepted the invitation yet; every fifth has a retired record besides.
    private static void AddUsers(RecordsChange change, int count)
    {
        foreach (var number in Enumerable.Range(0, count))
        {
            var user = User(number);
            if (number % 5 == 0)
            {
                change.CreateUser(user, $"{user}@example.com", null, $"retired-{number}");
                change.RetireUser(user);
            }

            change.CreateUser(
                user,
                $"{user}@example.com",
                number % 3 == 2 ? null : $"{user}@appleaccount.example.com",
                $"invite-{number}"
            );
        }
    }

    // Every tenth asset is a book, for users only; the last one is unlimited. The rest are apps, for devices.
    private static void AddAssets(RecordsChange change, SampleSize size)
    {
        var apps = new List<AssetKey>();
        foreach (var number in Enumerable.Range(0, size.Assets))
        {
            var key = new AssetKey(AdamId(number), "STDQ");
            var isBook = number % 10 == 9;
            change.PutAsset(
                new SimulatedAsset(
                    key.AdamId,
                    key.PricingParam,
                    Total: number == size.Assets - 1 ? SimulatedAsset.Unlimited : SpareLicenses,
                    isBook ? "Book" : "App",
                    DeviceAssignable: !isBook,
                    Revocable: !isBook,
                    Name: number == 0 ? "Keynote" : $"Sample {(isBook ? "Book" : "App")} {number}"
                )
            );
            if (isBook)
            {
                Assign(
                    change,
                    key,
                    Enumerable.Range(0, size.Users).Take(5).Select(user => AssignmentTarget.User(User(user)))
                );
            }
            else
            {
                apps.Add(key);
            }
        }

        for (var index = 0; index < apps.Count; index++)
        {
            var devices = Enumerable
                .Range(0, size.Devices)
                .Where(device => (index - device % apps.Count + apps.Count) % apps.Count < AppsPerDevice)
                .Select(device => AssignmentTarget.Device(Device(device)));
            Assign(change, apps[index], devices);
        }
    }

    private static void Assign(RecordsChange change, AssetKey key, IEnumerable<AssignmentTarget> targets)
    {
        var all = targets.ToList();
        if (change.Asset(key) is { IsUnlimited: false })
        {
            change.ChangeTotal(key, all.Count);
        }

        all.ForEach(target => change.Associate(key, target));
    }

    private static void AddSubscription(SimulatedLocation location, long adamId, int users)
    {
        location.AddSubscription(adamId, renewing: SpareLicenses, expiring: 2);
        location.Silently(change =>
        {
            foreach (var user in Enumerable.Range(0, users).Select(User))
            {
                change.AssociateSubscription(adamId, user, renewing: true);
                if (change.Subscription(adamId)!.AssignedRenewing >= SpareLicenses / 2)
                {
                    return;
                }
            }
        });
    }
}
