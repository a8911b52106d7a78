namespace NotificationHub.Apple;

/// <summary>The users and devices of a request that an error or a notification names.</summary>
internal static class NamedHolders
{
    /// <summary>An error that names neither users nor devices concerns all of them.</summary>
    public static IEnumerable<WriteItem> Select(
        IReadOnlyList<string> users,
        IReadOnlyList<string> devices,
        ErrorInfo? info
    )
    {
        var namesHolders = info is { ClientUserIds.Count: > 0 } or { SerialNumbers.Count: > 0 };
        var namedUsers = new HashSet<string>(info?.ClientUserIds ?? [], StringComparer.Ordinal);
        var namedDevices = new HashSet<string>(info?.SerialNumbers ?? [], RequestLists.SerialNumbers);
        return users
            .Where(user => !namesHolders || namedUsers.Contains(user))
            .Select(user => new WriteItem { ClientUserId = user })
            .Concat(
                devices
                    .Where(device => !namesHolders || namedDevices.Contains(device))
                    .Select(device => new WriteItem { SerialNumber = device })
            );
    }

    public static bool Contains(IReadOnlyList<string> users, IReadOnlyList<string> devices, WriteItem item) =>
        item.ClientUserId is { } user
            ? users.Contains(user, StringComparer.Ordinal)
            : item.SerialNumber is { } device && devices.Contains(device, RequestLists.SerialNumbers);
}
