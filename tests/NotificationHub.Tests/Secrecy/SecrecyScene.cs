using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Telemetry;
using AppleClient = NotificationHub.Apple.AppleClient;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Secrecy;

/// <summary>A complete hub in the Production environment with all kinds of secrets, and everything that it outputs.</summary>
internal sealed class SecrecyScene : IAsyncDisposable
{
    public const string ConsumerKey = "consumer-key-8c1f6a52";
    public const string ReadKey = "admin-read-key-17ab40c9";
    public const string OperateKey = "admin-operate-key-93e0d1f7";
    public const string WrongKey = "wrong-key-40d7be19";
    public const string InviteCode = "invite-code-f2a90b6e";
    public const string UserId = "user-id-5d81c3f0";
    public const string Email = "jane.roe@people.example";
    public const string SerialNumber = "C02SERIAL7F3";
    public const string AdamId = "408709785";

    private readonly StringBuilder responses = new();
    private readonly List<string> commandSettings = [];

    public required TelemetryCapture Capture { get; init; }

    public required SimulatedApple Apple { get; init; }

    public required SimulatedLocation Location { get; init; }

    public required EchoingApple Network { get; init; }

    public required EchoingBus Bus { get; init; }

    public required OtlpCollector Collector { get; init; }

    public required IngestionEndpoint Insights { get; init; }

    public required TokenIssuer Issuer { get; init; }

    public required HubHost Hub { get; init; }

    /// <summary>All HTTP responses with their headers, and the output of all commands.</summary>
    public string Responses => responses.ToString();

    public static async Task<SecrecyScene> StartAsync()
    {
        var capture = new TelemetryCapture();
        var apple = await SimulatedApple.StartAsync();
        var location = apple.AddLocation();
        location.AddAsset(AdamId);
        location.AddUser(UserId, Email);
        var collector = await OtlpCollector.StartAsync();
        var insights = await IngestionEndpoint.StartAsync();
        var network = new EchoingApple();
        var bus = await EchoingBus.StartAsync();
        var issuer = await TokenIssuer.StartAsync();
        string[] settings =
        [
            $"Apple:BaseUrl={apple.BaseUrl}",
            $"ServiceBus:ConnectionString={bus.ConnectionString}",
            "Refetch:QuietPeriod=00:00:00.100",
            .. issuer.Settings,
            .. collector.Settings,
            insights.Setting,
            .. AdminHost.Key(0, "reader", ReadKey, "Read"),
            .. AdminHost.Key(1, "operator", OperateKey, "Operate"),
            "Auth:ApiKeys:2:Name=inventory",
            $"Auth:ApiKeys:2:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ConsumerKey)))}",
        ];
        var hub = await HubHost.StartAsync(
            builder =>
            {
                builder.Services.AddHttpClient(AppleClient.HttpClientName).AddHttpMessageHandler(() => network);
                builder.Logging.AddProvider(capture);
            },
            ["environment=Production", "Logging:LogLevel:Default=Trace", .. settings]
        );
        var scene = new SecrecyScene
        {
            Capture = capture,
            Apple = apple,
            Location = location,
            Network = network,
            Bus = bus,
            Collector = collector,
            Insights = insights,
            Issuer = issuer,
            Hub = hub,
        };
        scene.commandSettings.AddRange(settings.Select(setting => $"--{setting}"));
        return scene;
    }

    /// <summary>Sends a request and records the response.</summary>
    public async Task<string> SendAsync(HttpMethod method, string path, string bearer, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body switch
        {
            null => null,
            string raw => new StringContent(raw, Encoding.UTF8, "application/json"),
            _ => JsonContent.Create(body),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await Hub.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        responses.AppendLine($"{method} {path.Split('?')[0]} -> {(int)response.StatusCode} {response.Headers} {text}");
        return text;
    }

    /// <summary>Runs a command with the hub's settings and records its output.</summary>
    /// <returns>Whether the command succeeded.</returns>
    public async Task<bool> RunAsync(params string[] command)
    {
        var run = await CommandRun.OnAsync(Hub, [.. command, .. commandSettings]);
        responses.AppendLine($"{command[0]} -> {run.ExitCode} {run.Output} {run.Error}");
        return run.ExitCode == 0;
    }

    /// <summary>The personal data of the run.</summary>
    public static IReadOnlyList<MarkedSecret> Persons =>
        [new("user id", UserId), new("email address", Email), new("serial number", SerialNumber)];

    /// <summary>Every secret of the run.</summary>
    /// <param name="notificationSecret">The last notification secret.</param>
    /// <param name="tokens">The bearer tokens that were used.</param>
    public IReadOnlyList<MarkedSecret> Secrets(string notificationSecret, params string[] tokens)
    {
        var content = ContentToken.Parse(Location.ContentTokenFile).Reveal();
        using var inner = JsonDocument.Parse(Convert.FromBase64String(content));
        return
        [
            new("content token", content),
            new("the token within the content token", inner.RootElement.GetProperty("token").GetString()!),
            new("notification secret", notificationSecret),
            new("consumer key", ConsumerKey),
            new("admin key to read", ReadKey),
            new("admin key to operate", OperateKey),
            new("unknown key", WrongKey),
            new("SAS key", EchoingBus.Key),
            .. Bus.Signatures.Select(signature => new MarkedSecret("SAS signature", signature)),
            .. tokens
                .SelectMany(token => token.Split('.'))
                .Skip(1)
                .Select(part => new MarkedSecret("bearer token", part)),
            .. KeyRing.Select(key => new MarkedSecret("key of the key ring", key)),
        ];
    }

    public IEnumerable<string> Files => Directory.EnumerateFiles(Hub.Folder, "*", SearchOption.AllDirectories);

    public bool IsKeyRingFile(string file) => Path.GetDirectoryName(file) == Path.Combine(Hub.Folder, "keys");

    private IEnumerable<string> KeyRing =>
        Files
            .Where(IsKeyRingFile)
            .SelectMany(file => XDocument.Load(file).Descendants("value"))
            .Select(key => key.Value);

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await Apple.DisposeAsync();
        await Bus.DisposeAsync();
        await Collector.DisposeAsync();
        await Insights.DisposeAsync();
        await Issuer.DisposeAsync();
        Capture.Dispose();
    }
}
