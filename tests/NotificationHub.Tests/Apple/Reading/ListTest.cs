using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Reading;

/// <summary>Reads whole lists from an Apple that the test provides.</summary>
public abstract class ListTest
{
    internal static Task<List<T>> ReadAsync<T>(HttpMessageHandler apple, Func<AppleSession, RecordList<T>> list)
        where T : class => WithSession(apple, session => list(session).ToListAsync().AsTask());

    internal static async Task<T> WithSession<T>(HttpMessageHandler apple, Func<AppleSession, Task<T>> read)
    {
        var clock = new ManualClock();
        using var http = new HttpClient(apple, disposeHandler: false);
        using var client = new AppleClient(
            http,
            new AppleClientOptions
            {
                RequestTimeout = Timeout.InfiniteTimeSpan,
                ServiceConfigTimeout = Timeout.InfiniteTimeSpan,
            },
            clock
        );
        using var rate = new RequestRate(clock);
        var token = ContentToken.Parse(Convert.ToBase64String("""{"expDate":"2030-11-08T22:33:22+0000"}"""u8));
        var call = read(new AppleSession(client, token, rate));
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, clock.TimersPending());
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        return await call;
    }
}
