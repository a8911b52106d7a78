using System.Text;
using System.Text.RegularExpressions;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Security;

/// <summary>
/// Requests whose end a proxy and the hub could see in different places. The hub must not process what a proxy could have taken for the
/// body, or the first client would choose the next client's request.
/// </summary>
public sealed partial class RequestSmugglingTests
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";
    private const string EndOfChunks = "0\r\n\r\n";

    /// <summary>Headers, and the part of the body that one of the two readers takes for all of it.</summary>
    private static readonly (string Headers, string Body)[] Ambiguities =
    [
        ("Content-Length: 2\r\nContent-Length: 500\r\n", "{}"),
        ("Content-Length: 2, 500\r\n", "{}"),
        ("Content-Length: 0x2\r\n", "{}"),
        ("Content-Length : 2\r\n", "{}"),
        ("Content-Length: 2\r\n 5\r\n", "{}"),
        ("X: 1\r\n Content-Length: 2\r\nContent-Length: 500\r\n", "{}"),
        ("Content-Length: 99999999999999999999\r\n", "{}"),
        ($"{Chunked}Content-Length: 500\r\n", EndOfChunks),
        ($"Content-Length: 5\r\n{Chunked}", EndOfChunks),
        ("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", EndOfChunks),
        ("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", EndOfChunks),
        ("Transfer-Encoding: chunked, identity\r\n", EndOfChunks),
        ("Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n", EndOfChunks),
        ("Transfer-Encoding:\u000Bchunked\r\nContent-Length: 5\r\n", EndOfChunks),
        ($"X: 1\n{Chunked}Content-Length: 5\r\n", EndOfChunks),
        ($"X: 1\r{Chunked}Content-Length: 5\r\n", EndOfChunks),
        ("Content-Length: 5\r\nX: \0\r\n", EndOfChunks),
        // A line feed alone ends the size for one reader, and is part of the extension for the other (CVE-2025-55315).
        (Chunked, "2;\n{}\r\n" + EndOfChunks),
        (Chunked, "2\n{}\r\n" + EndOfChunks),
        (Chunked, "2;x\r{}\r\n" + EndOfChunks),
        (Chunked, "+2\r\n{}\r\n" + EndOfChunks),
        (Chunked, "0x2\r\n{}\r\n" + EndOfChunks),
        (Chunked, "2 \r\n{}\r\n" + EndOfChunks),
        (Chunked, "100000002\r\n{}\r\n" + EndOfChunks),
        (Chunked, "2\r\n{}" + EndOfChunks),
    ];

    [Fact]
    public async Task A_request_with_an_ambiguous_end_is_the_last_one_of_its_connection()
    {
        await using var hub = await HubHost.StartAsync("Intake:BodyTimeout=00:00:01");
        var location = await hub.AddLocationAsync();
        var hidden = TestLocation.Notification("hidden");
        var next =
            $"POST {location.Path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {location.Secret}\r\n"
            + $"Connection: close\r\nContent-Length: {hidden.Length}\r\n\r\n{hidden}";

        var responses = await Task.WhenAll(
            from ambiguity in Ambiguities
            from secret in (string[])[location.Secret, "wrong"]
            select ExchangeAsync(
                hub,
                $"POST {location.Path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {secret}\r\n",
                ambiguity,
                next
            )
        );

        responses.Where(response => Status().Count(response.Text) > 1).ShouldBeEmpty();
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var log = await NotificationLog.ReadPageAsync(connection, 0, 1000, CancellationToken.None);
        log.Select(entry => entry.NotificationId).ShouldNotContain("hidden");
    }

    private static async Task<(string Sent, string Text)> ExchangeAsync(
        HubHost hub,
        string head,
        (string Headers, string Body) ambiguity,
        string next
    )
    {
        var sent = $"{head}{ambiguity.Headers}\r\n{ambiguity.Body}";
        return (
            Regex.Escape(sent),
            await RawConnection.ExchangeAsync(hub.Http.BaseAddress!, Encoding.Latin1.GetBytes(sent + next))
        );
    }

    [GeneratedRegex("^HTTP/1\\.1 \\d", RegexOptions.Multiline)]
    private static partial Regex Status();
}
