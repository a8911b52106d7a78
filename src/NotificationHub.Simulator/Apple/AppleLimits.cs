using System.Collections.Concurrent;

namespace NotificationHub.Simulator.Apple;

/// <summary>The limits in Service Config, which also apply to requests. Can be changed at any time.</summary>
internal sealed class AppleLimits(int requestsPerSecond)
{
    public const string Assets = "maxAssets";
    public const string ClientUserIds = "maxClientUserIds";
    public const string SerialNumbers = "maxSerialNumbers";
    public const string RevokeClientUserIds = "maxRevokeClientUserIds";
    public const string RevokeSerialNumbers = "maxRevokeSerialNumbers";
    public const string Users = "maxUsers";
    public const string Subscriptions = "maxSubscriptions";
    public const string SubscriptionClientUserIds = "maxSubscriptionClientUserIds";
    public const string NotificationLength = "maxNotificationLength";
    public const string MdmIdLength = "maxMdmIdLength";
    public const string MdmNameLength = "maxMdmNameLength";
    public const string MdmMetadataLength = "maxMdmMetadataLength";
    public const string RequestsPerSecond = "maxRequestPerSecond";

    private readonly ConcurrentDictionary<string, int> _values = new(
        new Dictionary<string, int>
        {
            [Assets] = 25,
            [ClientUserIds] = 1000,
            [SerialNumbers] = 1000,
            [RevokeClientUserIds] = 100,
            [RevokeSerialNumbers] = 100,
            [Users] = 100,
            [Subscriptions] = 25,
            [SubscriptionClientUserIds] = 1000,
            [NotificationLength] = 512,
            [MdmIdLength] = 100,
            [MdmNameLength] = 100,
            [MdmMetadataLength] = 255,
            [RequestsPerSecond] = requestsPerSecond,
        }
    );

    public IEnumerable<KeyValuePair<string, int>> All => _values.OrderBy(limit => limit.Key, StringComparer.Ordinal);

    /// <summary>A limit; null if Service Config does not list it.</summary>
    public int? this[string name]
    {
        get => _values.TryGetValue(name, out var value) ? value : null;
        set
        {
            if (value is { } limit)
            {
                _values[name] = limit;
            }
            else
            {
                _values.TryRemove(name, out _);
            }
        }
    }
}
