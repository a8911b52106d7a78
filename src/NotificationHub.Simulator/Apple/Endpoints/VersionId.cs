using System.Buffers.Binary;

namespace NotificationHub.Simulator.Apple.Endpoints;

internal enum VersionKind
{
    Assets = 1,
    Assignments = 2,
    Users = 3,
    Subscriptions = 4,
}

/// <summary>The opaque <c>versionId</c>: one kind of records at one version of the location.</summary>
internal static class VersionId
{
    private const short Mark = 0x4150;

    public static string Encode(VersionKind kind, long version)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, version);
        return new Guid(
            (int)kind,
            Mark,
            Mark,
            number[0],
            number[1],
            number[2],
            number[3],
            number[4],
            number[5],
            number[6],
            number[7]
        ).ToString();
    }

    /// <exception cref="AppleException">9721: not a version of these records, or one that has not been yet.</exception>
    public static long Decode(VersionKind kind, string versionId, long current)
    {
        if (Guid.TryParseExact(versionId, "D", out var id))
        {
            var version = BinaryPrimitives.ReadInt64BigEndian(id.ToByteArray().AsSpan(8));
            if (version <= current && Encode(kind, version) == versionId)
            {
                return version;
            }
        }

        throw new AppleException(AppleErrors.InvalidVersion);
    }
}
