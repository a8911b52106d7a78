using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>Broken client connections are not logged, because any client could fill the disk with log lines.</summary>
public sealed class HostileClientTests
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";

    private static readonly string[] Paths = ["/events", "/events/1-1", "/snapshot/x/assets", "/admin/locations", "/x"];

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task Hostile_clients_cause_no_log_lines(string environment)
    {
        using var log = new Lines();
        await using var hub = await HubHost.StartAsync(
            host => host.Logging.AddProvider(log),
            $"environment={environment}",
            "Logging:LogLevel:Default=Warning",
            "Intake:BodyTimeout=00:00:01",
            "Auth:ApiKeys:1:Name=operator",
            $"Auth:ApiKeys:1:Sha256={new string('1', 64)}",
            "Auth:ApiKeys:1:Role=Operate",
            "Auth:ApiKeys:0:Name=team",
            $"Auth:ApiKeys:0:Sha256={new string('0', 64)}"
        );
        var location = await hub.AddLocationAsync();
        log.Clear();

        await Task.WhenAll(Attacks(location).Select(attack => SendAsync(hub, attack)));
        // Requests that were running when their client left end before the hub stops.
        await hub.StopAsync();

        log.Text.ShouldBeEmpty();
    }

    private static IEnumerable<Attack> Attacks(TestLocation location)
    {
        var body = TestLocation.Notification("n-1");
        string[] secrets = [$"Authorization: Bearer {location.Secret}\r\n", "Authorization: Bearer wrong\r\n", ""];
        foreach (var secret in secrets)
        {
            var head = $"POST {location.Path} HTTP/1.1\r\nHost: hub\r\n{secret}";
            // Slower than the deadline, with and without a length.
            yield return new Attack($"{head}Content-Length: 100\r\n\r\n{{");
            yield return new Attack($"{head}{Chunked}\r\n5\r\nhello\r\n");
            // Aborted in the middle, and immediately after the complete request.
            yield return new Attack($"{head}Content-Length: 100\r\n\r\n{{", End.Reset);
            yield return new Attack($"{head}Content-Length: 100\r\n\r\n{{", End.Closed);
            yield return new Attack($"{head}Content-Length: {body.Length}\r\n\r\n{body}", End.Reset);
            yield return new Attack($"{head}Content-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{{}}", End.Reset);
            // Invalid chunks, invalid lengths, and too much data.
            yield return new Attack($"{head}{Chunked}\r\nxyz\r\n");
            yield return new Attack($"{head}{Chunked}\r\n5\r\nhello!!!\r\n");
            yield return new Attack($"{head}{Chunked}\r\nFFFFFFFFFFFFFFFFF\r\n");
            yield return new Attack($"{head}Content-Length: -1\r\n\r\n");
            yield return new Attack($"{head}Content-Length: 9999999999\r\n\r\n{{");
            yield return new Attack($"{head}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello");
            yield return new Attack($"{head}Expect: nothing\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }

        foreach (var path in Paths)
        {
            yield return new Attack($"GET {path}?wait=60 HTTP/1.1\r\nHost: hub\r\n\r\n", End.Reset);
            yield return new Attack($"POST {path} HTTP/1.1\r\nHost: hub\r\n{Chunked}\r\nxyz\r\n");
            yield return new Attack($"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\n{{", End.Reset);
        }

        yield return new Attack("POST /%ff%00/../.. HTTP/1.1\r\nHost: hub\r\n\r\n");
        yield return new Attack("GET / HTTP/1.1\r\n\r\n");
        yield return new Attack("GET / HTTP/9.9\r\nHost: hub\r\n\r\n");
        yield return new Attack("GET / HTTP/1.1\r\nHost: hub\r\nno header at all\r\n\r\n");
        yield return new Attack($"GET /{new string('x', 10_000)} HTTP/1.1\r\nHost: hub\r\n\r\n");
        yield return new Attack($"GET / HTTP/1.1\r\nHost: hub\r\nX: {new string('x', 40_000)}\r\n\r\n");
        yield return new Attack("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", End.Closed);
        yield return new Attack("\u0016\u0003\u0001\u0002\u0000\u0001\u00FC\u0003\u0003", End.Closed);
        yield return new Attack("", End.Reset);
    }

    private static async Task SendAsync(HubHost hub, Attack attack)
    {
        try
        {
            using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
            await connection.SendAsync(Encoding.Latin1.GetBytes(attack.Text));
            switch (attack.End)
            {
                case End.Reset:
                    connection.Reset();
                    break;
                case End.Closed:
                    break;
                default:
                    // A connection that stays open still has a response.
                    await connection.ReadLineAsync();
                    break;
            }
        }
        catch (IOException)
        {
            // The hub was faster.
        }
    }

    private enum End
    {
        Answered,
        Reset,
        Closed,
    }

    private sealed record Attack(string Text, End End = End.Answered);

    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> lines = new();

        public string Text => string.Join('\n', lines);

        public void Clear() => lines.Clear();

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, lines);

        public void Dispose() { }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel,
                EventId eventId,
                TState state,
                Exception? exception,
                Func<TState, Exception?, string> formatter
            ) => lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
    }
}
