using System.Net;
using System.Net.Http.Headers;
using System.Text;
using NotificationHub.Simulator.Mdm;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Simulator.Mdm;

public sealed class SimulatedMdmTests : IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private readonly HttpClient http = new();
    private SimulatedMdm mdm = null!;

    public async ValueTask InitializeAsync() => mdm = await SimulatedMdm.StartAsync(time: clock);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await mdm.DisposeAsync();
    }

    [Fact]
    public async Task It_records_deliveries_with_its_secret_only()
    {
        (await PostAsync("n-1", "another secret")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync("n-2")).ShouldBe(HttpStatusCode.OK);

        mdm.Unauthorized.ShouldBe(1);
        var delivery = mdm.Deliveries.ShouldHaveSingleItem();
        delivery.NotificationId.ShouldBe("n-2");
        delivery.NotificationType.ShouldBe("TEST_NOTIFICATION");
        delivery.ContentType.ShouldBe("application/json");
        delivery.UserAgent.ShouldBe("test/1");
        delivery.Body.ToArray().ShouldBe(Body("n-2"));
    }

    [Fact]
    public async Task It_gives_one_response_to_the_next_request_and_another_to_the_others()
    {
        mdm.Response = MdmResponse.Abort;
        mdm.Next(MdmResponse.Status(500));

        (await PostAsync("n-1")).ShouldBe(HttpStatusCode.InternalServerError);
        await Should.ThrowAsync<HttpRequestException>(() => PostAsync("n-1"));
        mdm.Response = MdmResponse.Accept;
        (await PostAsync("n-1")).ShouldBe(HttpStatusCode.OK);

        mdm.Deliveries.Count.ShouldBe(3);
        mdm.Accepted.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_slow_response_waits_for_the_clock()
    {
        mdm.Next(MdmResponse.Slow(TimeSpan.FromSeconds(20)));

        var posting = PostAsync("n-1");
        await clock.TimersPending();
        posting.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(20));

        (await posting).ShouldBe(HttpStatusCode.OK);
    }

    private async Task<HttpStatusCode> PostAsync(string id, string? secret = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, mdm.Url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret ?? mdm.Secret);
        request.Headers.UserAgent.ParseAdd("test/1");
        request.Content = new ByteArrayContent(Body(id));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static byte[] Body(string id) => Encoding.UTF8.GetBytes(TestLocation.Notification(id));
}
