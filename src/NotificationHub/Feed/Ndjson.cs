using System.Buffers;

namespace NotificationHub.Feed;

internal static class Ndjson
{
    public const string MediaType = "application/x-ndjson";

    public static void EndLine(IBufferWriter<byte> output) => output.Write("\n"u8);
}
