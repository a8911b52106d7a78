using System.Text;
using NotificationHub.Intake;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Routing;

/// <summary>
/// The bodies in <c>Payloads/&lt;TYPE&gt;/</c>. <c>X.json</c> must be routed, <c>X.bad.json</c> must be unrecognized, and
/// <c>X.expected.txt</c> states the exact outcome.
/// </summary>
internal static class PayloadCorpus
{
    private const string Bad = ".bad.json";
    private const string ExpectedSuffix = ".expected.txt";

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Payloads");

    public static IEnumerable<string> Good => All.Where(file => !file.EndsWith(Bad, StringComparison.Ordinal));

    public static IEnumerable<string> Unfit => All.Where(file => file.EndsWith(Bad, StringComparison.Ordinal));

    /// <summary>The payloads for which there is an expected outcome.</summary>
    public static IEnumerable<string> WithExpectation =>
        Files($"*{ExpectedSuffix}").Select(file => $"{file[..^ExpectedSuffix.Length]}.json");

    public static IEnumerable<string> All => Files("*.json");

    public static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Root, file));

    /// <summary>The lines of the expected outcome; null if there is no such file.</summary>
    public static string[]? Expected(string file)
    {
        var sidecar = Path.ChangeExtension(Path.Combine(Root, file), ExpectedSuffix);
        return File.Exists(sidecar) ? File.ReadAllLines(sidecar) : null;
    }

    public static NotificationEntry Entry(string file, long seq = 1) => Entry(Read(file), seq);

    public static NotificationEntry Entry(byte[] body, long seq = 1)
    {
        var envelope = EnvelopeReader.Read(body);
        return new NotificationEntry
        {
            Seq = seq,
            LocationId = "location-1",
            NotificationId = Text(envelope.NotificationId),
            NotificationType = Text(envelope.NotificationType),
            UId = Text(envelope.UId),
            Body = body,
            BodySha256 = new byte[32],
            ReceivedAt = At(1_785_585_600_000),
            Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Disposition = Disposition.Accepted,
            Conflict = false,
        };
    }

    private static IEnumerable<string> Files(string pattern) =>
        Directory
            .EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file))
            .Order(StringComparer.Ordinal);

    private static string? Text(ReadOnlyMemory<byte> utf8) => utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8.Span);
}
