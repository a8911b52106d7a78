using System.Security.Cryptography;
using System.Text;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>Converts pages of users. A user has at most one active record, and any number of retired records with the same ID.</summary>
// The active record is stored under the ID, and each retired record under a hash of its content. Retiring a user removes
// the former and adds one of the latter.
internal sealed class UserRecordsRead
{
    private const int HashBytes = 8;

    private readonly HashSet<string> active = new(StringComparer.Ordinal);
    private readonly HashSet<string> retired = new(StringComparer.Ordinal);

    public RecordPage ToRecords(Page<User> page)
    {
        List<SnapshotRecord?> records =
        [
            .. page.Items.Select(user => user.ClientUserId is { } id ? Map(user, id) : null),
        ];
        return RecordPage.From(page, records) with { RetiredOnly = page.IsLast ? [.. retired.Except(active)] : [] };
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
        return isRetired ? record! with { Key = RecordKeys.RetiredUser(id, ComputeHash(record.Data)) } : record;
    }

    private static string ComputeHash(string data) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)).AsSpan(0, HashBytes));
}
