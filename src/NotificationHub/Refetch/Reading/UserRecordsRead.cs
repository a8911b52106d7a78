using System.Security.Cryptography;
using System.Text;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>
/// Users are the one kind of which several records share an id: at most one active, any number of retired ones. The active
/// one is kept under the id, and each retired one apart, under a hash of what it says. Retiring a user takes the first away and
/// adds one of the second.
/// </summary>
internal sealed class UserRecordsRead
{
    private const int HashBytes = 8;

    private readonly HashSet<string> active = new(StringComparer.Ordinal);
    private readonly HashSet<string> retired = new(StringComparer.Ordinal);

    public RecordPage Take(Page<User> page)
    {
        List<SnapshotRecord?> records =
        [
            .. page.Items.Select(user => user.ClientUserId is { } id ? Map(user, id) : null),
        ];
        return RecordPage.Of(page, records) with { RetiredOnly = page.IsLast ? [.. retired.Except(active)] : [] };
    }

    private SnapshotRecord? Map(User user, string id)
    {
        var isRetired = user.Status is "Retired" or "Deleted";
        (isRetired ? retired : active).Add(id);
        if (!RecordKeys.IsUsable(RecordKeys.RetiredUser(id, new string('0', HashBytes * 2))))
        {
            return null;
        }

        var record = RecordMapping.Create(
            RecordKeys.User(id),
            adamId: null,
            new UserRecord
            {
                ClientUserId = id,
                Email = user.Email,
                IdHash = user.IdHash,
                Status = user.Status ?? "Registered",
            },
            EventJsonContext.Wire.UserRecord
        );
        return isRetired ? record! with { Key = RecordKeys.RetiredUser(id, HashOf(record.Data)) } : record;
    }

    private static string HashOf(string data) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)).AsSpan(0, HashBytes));
}
