using System.Text;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

/// <summary>One location with a scripted Apple, on a clock that the test moves.</summary>
public abstract class AppleTest : IDisposable
{
    private readonly HttpClient http;
    private readonly RequestRate rate;

    protected AppleTest()
    {
        Apple = new ScriptedApple(Clock);
        http = new HttpClient(Apple);
        rate = new RequestRate(Clock, requestsPerSecond: 5);
        Client = new AppleClient(http, Options, Clock);
        Session = new AppleSession(Client, Token, rate);
    }

    internal ManualClock Clock { get; } = new();

    internal ScriptedApple Apple { get; }

    protected AppleClient Client { get; }

    protected AppleSession Session { get; }

    protected RequestRate Rate => rate;

    // The clock jumps, so requests must not time out.
    protected AppleClientOptions Options { get; } =
        new() { RequestTimeout = TimeSpan.FromDays(1), ServiceConfigTimeout = TimeSpan.FromDays(1) };

    protected ContentToken Token { get; } =
        ContentToken.Parse(TokenText("""{"token":"inner","expDate":"2030-11-08T22:33:22+0000"}"""));

    public void Dispose()
    {
        Client.Dispose();
        rate.Dispose();
        http.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static string TokenText(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));

    /// <summary>Advances the clock second by second until the call completes.</summary>
    protected async Task<T> Passing<T>(Task<T> call)
    {
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, Clock.TimersPending());
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        return await call;
    }

    protected async Task<AppleException> ErrorOf<T>(Task<T> call) =>
        await Should.ThrowAsync<AppleException>(Passing(call));

    protected async Task<IReadOnlyList<Page<Asset>>> ReadAssets(AssetQuery? query = null) =>
        await Passing(
            Session.ReadAssetsAsync(query ?? new AssetQuery(), CancellationToken.None).ToListAsync().AsTask()
        );

    protected Task<AppleException> ErrorOfAssets() =>
        ErrorOf(Session.ReadAssetsAsync(new AssetQuery(), CancellationToken.None).ToListAsync().AsTask());
}
