using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Options;
using NotificationHub.Locations.RelayTargets;

namespace NotificationHub.Tests.Locations.RelayTargets;

public sealed class RelayClientTests
{
    private static readonly Uri Url = new("https://mdm.example.com/notify?tenant=1");

    private static readonly RelayMessage Message = new(
        Encoding.UTF8.GetBytes("{ \"a\":  1 }"),
        "text/x; é=1",
        "agent/1"
    );

    [Fact]
    public async Task A_delivery_is_sent_with_its_bytes_its_headers_and_the_secret()
    {
        HttpRequestMessage? sent = null;
        var body = "";
        using var client = Create(async request =>
        {
            (sent, body) = (request, await request.Content!.ReadAsStringAsync());
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        });

        var response = await client.SendAsync(Url, Secret("s3cret"), Message, CancellationToken.None);

        response.Failure.ShouldBeNull();
        response.Status.ShouldBe(204);
        sent!.Method.ShouldBe(HttpMethod.Post);
        sent.RequestUri.ShouldBe(Url);
        sent.Headers.Authorization!.ToString().ShouldBe("Bearer s3cret");
        sent.Headers.NonValidated["User-Agent"].ToString().ShouldBe("agent/1");
        sent.Content!.Headers.NonValidated["Content-Type"].ToString().ShouldBe("text/x; é=1");
        body.ShouldBe("{ \"a\":  1 }");
    }

    [Fact]
    public async Task Without_a_secret_and_headers_none_is_sent()
    {
        HttpRequestMessage? sent = null;
        using var client = Create(request =>
        {
            sent = request;
            return Task.FromResult(new HttpResponseMessage());
        });

        await client.SendAsync(Url, secret: null, new RelayMessage(default, null, null), CancellationToken.None);

        sent!.Headers.ShouldBeEmpty();
        sent.Content!.Headers.ContentType.ShouldBeNull();
    }

    [Theory]
    [InlineData(200, null, false)]
    [InlineData(301, "redirected", true)]
    [InlineData(400, "rejected", false)]
    [InlineData(401, "unauthorized", true)]
    [InlineData(404, "not-found", true)]
    [InlineData(405, "refused", true)]
    [InlineData(408, "timed-out", false)]
    [InlineData(422, "rejected", false)]
    [InlineData(429, "throttled", false)]
    [InlineData(503, "server-error", false)]
    public async Task The_status_tells_an_outage_from_a_refusal(int status, string? failure, bool isRefusal)
    {
        using var client = Create(_ => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)));

        var response = await client.SendAsync(Url, null, Message, CancellationToken.None);

        response.Failure?.ToWireName().ShouldBe(failure);
        (response.Failure?.IsRefusal() ?? false).ShouldBe(isRefusal);
        response.Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_target_that_does_not_respond_times_out_by_the_clock()
    {
        var clock = new ManualClock();
        using var client = Create(
            async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return new HttpResponseMessage();
            },
            clock
        );

        var sending = client.SendAsync(Url, null, Message, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(30));

        (await sending).Failure.ShouldBe(RelayFailure.TimedOut);
    }

    [Fact]
    public async Task A_connection_to_a_loopback_address_is_refused_outside_Development()
    {
        await using var server = await StartServerAsync();

        (await SendAsync(server, isDevelopment: false)).Failure.ShouldBe(RelayFailure.AddressRefused);
        (await SendAsync(server, isDevelopment: true)).Status.ShouldBe(302);
    }

    [Fact]
    public async Task Header_bytes_are_sent_as_the_hub_received_them()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new RelayOptions();
        using var client = new RelayClient(
            RelayClient.CreateHandler(options, isDevelopment: true),
            Options.Create(options),
            TimeProvider.System
        );

        // The hub reads each byte of a header as one character.
        var received = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("café"));
        var sending = client.SendAsync(
            new Uri($"http://{listener.LocalEndpoint}"),
            null,
            Message with
            {
                UserAgent = received,
            },
            CancellationToken.None
        );
        using var target = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(target.GetStream(), Encoding.UTF8);
        List<string> head = [];
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.Add(line);
        }

        head.ShouldContain("User-Agent: café");
        await target.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        (await sending).Failure.ShouldBeNull();
    }

    [Fact]
    public void A_secret_does_not_appear_in_text()
    {
        Secret("s3cret").ToString().ShouldBe("RelaySecret");
        RelaySecret.TryParse("a\nb", out _, out var error).ShouldBeFalse();
        error.ShouldNotContain("b\n");
        RelaySecret.TryParse(" \r\n", out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://mdm.example.com/notify?x=1", true)]
    [InlineData("http://127.0.0.1:8080/notify", false)]
    [InlineData("http://mdm.example.com/", false)]
    [InlineData("https://user:password@mdm.example.com/", false)]
    [InlineData("https://mdm.example.com/#x", false)]
    [InlineData("/notify", false)]
    [InlineData(null, false)]
    public void Only_https_URLs_are_accepted(string? text, bool isAccepted) =>
        RelayUrl.TryParse(text, allowsLoopback: false, out _, out _).ShouldBe(isAccepted);

    [Theory]
    [InlineData("http://127.0.0.1:8080/notify", true)]
    [InlineData("http://mdm.example.com/", false)]
    public void In_Development_http_is_accepted_for_loopback_only(string text, bool isAccepted) =>
        RelayUrl.TryParse(text, allowsLoopback: true, out _, out _).ShouldBe(isAccepted);

    private static RelaySecret Secret(string text) =>
        RelaySecret.TryParse(text, out var secret, out _) ? secret : throw new FormatException(text);

    private static RelayClient Create(Func<HttpRequestMessage, Task<HttpResponseMessage>> respond) =>
        Create((request, _) => respond(request), TimeProvider.System);

    private static RelayClient Create(
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> respond,
        TimeProvider time
    ) => new(new ScriptedHandler(respond), Options.Create(new RelayOptions()), time);

    private static async Task<RelayResponse> SendAsync(WebApplication server, bool isDevelopment)
    {
        var options = new RelayOptions();
        using var client = new RelayClient(
            RelayClient.CreateHandler(options, isDevelopment),
            Options.Create(options),
            TimeProvider.System
        );
        return await client.SendAsync(new Uri(server.Urls.Single()), null, Message, CancellationToken.None);
    }

    // Redirects to itself, so that a client that follows redirects fails.
    private static async Task<WebApplication> StartServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1);
        var server = builder.Build();
        server.Run(context =>
        {
            context.Response.Redirect("/");
            return Task.CompletedTask;
        });
        await server.StartAsync();
        return server;
    }

    private sealed class ScriptedHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> respond)
        : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => respond(request, cancellationToken);
    }
}
