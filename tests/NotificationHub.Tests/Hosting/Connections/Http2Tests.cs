using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Hosting.Connections;

/// <summary>The hub serves HTTP/1.1 only, because each reset of an HTTP/2 stream could cost a slot.</summary>
public sealed class Http2Tests
{
    private const string Name = "localhost";
    private const int Attacks = 32;
    private const int StreamsPerAttack = 100;

    /// <summary>A GOAWAY frame with the error HTTP_1_1_REQUIRED.</summary>
    private const string GoAway = @"\x00\x00\x08\x07\x00{9}\x00{3}\x0d$";

    private const string Https = "urls=https://127.0.0.1:0";

    private static readonly X509Certificate2 Certificate = SelfSigned();

    [Theory]
    [InlineData(Https)]
    [InlineData("Kestrel:Endpoints:Apple:Url=https://127.0.0.1:0")]
    public async Task TLS_negotiates_no_HTTP_2(string listen)
    {
        await using var hub = await StartAsync(new LogLines(), listen);

        using var either = new TcpClient();
        await using var tls = await OpenTlsAsync(
            hub,
            either,
            SslApplicationProtocol.Http2,
            SslApplicationProtocol.Http11
        );
        tls.NegotiatedApplicationProtocol.ShouldBe(SslApplicationProtocol.Http11);

        using var second = new TcpClient();
        var error = await Should.ThrowAsync<Exception>(() => OpenTlsAsync(hub, second, SslApplicationProtocol.Http2));
        (error is AuthenticationException or IOException).ShouldBeTrue($"{error}");
    }

    [Theory]
    [InlineData(Https)]
    [InlineData("urls=http://127.0.0.1:0")]
    public async Task Rapid_resets_of_HTTP_2_streams_occupy_no_slot_and_log_nothing(string listen)
    {
        using var log = new LogLines();
        await using var hub = await StartAsync(log, listen, $"Intake:MaxConnections={Attacks}");
        var location = await hub.AddLocationAsync();
        var frames = RapidResets();

        for (var n = 0; n < Attacks; n++)
        {
            // The hub opens no stream: it responds and closes the connection.
            (await AttackAsync(hub, frames)).ShouldMatch($"^(HTTP/1\\.1 [45]|{GoAway}|$)");
        }

        await Until.TrueAsync(
            () => hub.Services.GetRequiredService<ConnectionLimiters>().Public.Count == (0, 0),
            "every slot is free again"
        );
        (await DeliverAsync(hub, location)).ShouldBe("HTTP/1.1 200 OK");
        await hub.StopAsync();
        log.Text.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Kestrel:EndpointDefaults:Protocols", "Http1AndHttp2")]
    [InlineData("Kestrel:Endpoints:Apple:Protocols", "Http2")]
    [InlineData("Kestrel:Endpoints:Apple:Sni:hub.example.com:Protocols", "Http1AndHttp2AndHttp3")]
    public void Other_protocols_are_rejected(string setting, string value)
    {
        var hub = HubApplication.Compose([$"--{setting}={value}"]);

        Should
            .Throw<ConfigurationException>(hub.ThrowIfInvalid)
            .Errors.ShouldContain(error => error.Contains($"{setting}: must be Http1", StringComparison.Ordinal));
    }

    [Fact]
    public void Http1_may_be_configured() =>
        Should.NotThrow(
            HubApplication
                .Compose(["--Kestrel:EndpointDefaults:Protocols=http1", "--Storage:ConnectionString=Data Source=x.db"])
                .ThrowIfInvalid
        );

    [Fact]
    public async Task An_edited_Kestrel_section_is_not_reloaded()
    {
        using var log = new LogLines();
        await using var hub = await HubHost.StartAsync(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection();
                builder.Logging.AddProvider(log);
            },
            "Kestrel:Endpoints:Apple:Url=http://127.0.0.1:0",
            "Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Debug"
        );
        var location = await hub.AddLocationAsync();
        var configuration = (IConfigurationRoot)hub.Services.GetRequiredService<IConfiguration>();

        configuration["Kestrel:Endpoints:Apple:Protocols"] = "Http2";
        configuration.Reload();

        configuration["Kestrel:Endpoints:Apple:Protocols"].ShouldBe("Http2");
        // Kestrel logs this before Reload returns.
        log.Text.ShouldNotContain("reload token fired");
        (await DeliverAsync(hub, location)).ShouldBe("HTTP/1.1 200 OK");
    }

    private static Task<HubHost> StartAsync(LogLines log, params string[] settings) =>
        HubHost.StartAsync(
            builder =>
            {
                builder.Logging.AddProvider(log);
                builder.WebHost.ConfigureKestrel(kestrel =>
                    kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = Certificate)
                );
            },
            [.. settings, "Logging:LogLevel:Default=Warning"]
        );

    private static async Task<string> AttackAsync(HubHost hub, byte[] frames)
    {
        using var client = new TcpClient();
        await using var stream = await ConnectAsync(hub, client);
        try
        {
            await stream.WriteAsync(frames);
            using var response = new StreamReader(stream, Encoding.Latin1);
            return await response.ReadToEndAsync();
        }
        catch (IOException)
        {
            // The hub closed the connection while frames were being sent.
            return "";
        }
    }

    private static async Task<Stream> ConnectAsync(HubHost hub, TcpClient client) =>
        hub.Http.BaseAddress!.Scheme == Uri.UriSchemeHttps
            ? await OpenTlsAsync(hub, client)
            : await OpenAsync(hub, client);

    private static async Task<Stream> OpenAsync(HubHost hub, TcpClient client)
    {
        await client.ConnectAsync(hub.Http.BaseAddress!.Host, hub.Http.BaseAddress.Port);
        return client.GetStream();
    }

    private static async Task<SslStream> OpenTlsAsync(
        HubHost hub,
        TcpClient client,
        params SslApplicationProtocol[] protocols
    )
    {
        var tls = new SslStream(await OpenAsync(hub, client));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = Name,
                ApplicationProtocols = protocols is [] ? null : [.. protocols],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }
        );
        return tls;
    }

    private static async Task<string?> DeliverAsync(HubHost hub, TestLocation location)
    {
        using var client = new TcpClient();
        await using var stream = await ConnectAsync(hub, client);
        var body = TestLocation.Notification("n-1");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(RawConnection.HeadOf(location, body.Length) + body));
        using var response = new StreamReader(stream);
        return await response.ReadLineAsync();
    }

    /// <summary>The preface, empty settings, and streams that are opened and reset at once.</summary>
    private static byte[] RapidResets()
    {
        using var bytes = new MemoryStream();
        bytes.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        bytes.Write(Frame(type: 4, flags: 0, stream: 0, []));
        for (var n = 0; n < StreamsPerAttack; n++)
        {
            var stream = (2 * n) + 1;
            // GET http / with an authority of three letters; HPACK indexes the rest.
            bytes.Write(Frame(type: 1, flags: 5, stream, [0x82, 0x86, 0x84, 0x41, 3, .. "hub"u8]));
            bytes.Write(Frame(type: 3, flags: 0, stream, [0, 0, 0, 8]));
        }

        return bytes.ToArray();
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
