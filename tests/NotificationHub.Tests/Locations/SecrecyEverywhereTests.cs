using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Apple;
using NotificationHub.Publishing;
using NotificationHub.Simulator.ServiceBus;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Locations;

/// <summary>All secrets at once, used rightly and wrongly, with every log level on.</summary>
public sealed class SecrecyEverywhereTests
{
    private const string ConsumerKey = "consumer-key-8c1f6a52";
    private const string WrongKey = "wrong-key-40d7be19";
    private const string Email = "person@example.com";

    [Fact]
    public async Task No_secret_is_in_a_log_line_an_answer_or_a_file()
    {
        var options = new SimulatedServiceBusOptions();
        await using var bus = await SimulatedServiceBus.StartAsync(options);
        bus.Faults.Refuse("hub", 401);
        await using var scene = await StartAsync(bus);

        var location = await scene.RegisterAsync();
        var secret = scene.Library.Configuration.NotificationAuthToken!;
        var answers = await UseAsync(scene, $"/notifications/{location.LocationId}", secret);
        var topics = scene.Hub.Services.GetRequiredService<TopicStatuses>();
        await Until.TrueAsync(() => topics["hub"].State == TopicState.Stopped, "the bus has refused the key");

        string[] secrets =
        [
            ContentToken.Parse(scene.Library.ContentTokenFile).Reveal(),
            secret,
            ConsumerKey,
            WrongKey,
            options.Key,
            Uri.EscapeDataString(options.Key),
        ];
        answers.ShouldContain("401");
        answers.ShouldContain("400");
        ShouldHaveNone(answers, [.. secrets, Email], "answers");
        scene.Log.Text.ShouldContain("was rejected");
        scene.Log.Text.ShouldContain("stands still");
        ShouldHaveNone(scene.Log.Text, [.. secrets, Email], "log");
        foreach (var file in Directory.EnumerateFiles(scene.Hub.Folder, "*", SearchOption.AllDirectories))
        {
            ShouldHaveNone(await SecrecyTests.ReadSharedAsync(file), secrets, file);
        }
    }

    private static Task<RegistrationScene> StartAsync(SimulatedServiceBus bus) =>
        RegistrationScene.StartAsync(
            options: null,
            "environment=Production",
            "Logging:LogLevel:Default=Trace",
            "Consumers:ApiKeys:0:Name=inventory",
            $"Consumers:ApiKeys:0:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ConsumerKey)))}",
            $"ServiceBus:ConnectionString={bus.ConnectionString}"
        );

    /// <returns>Everything that was answered.</returns>
    private static async Task<string> UseAsync(RegistrationScene scene, string path, string secret)
    {
        const string good = """{"notificationId":"n-1","notificationType":"TEST_NOTIFICATION","notification":{}}""";
        (HttpMethod Method, string Path, string Token, string? Body)[] requests =
        [
            (HttpMethod.Post, path, secret, good),
            (HttpMethod.Post, path, secret, $$"""{"notificationId":["{{Email}}"],"email":"{{Email}}"}"""),
            (HttpMethod.Post, path, secret, Email),
            (HttpMethod.Post, path, WrongKey, good),
            (HttpMethod.Post, "/notifications/unknown", secret, good),
            (HttpMethod.Put, path, secret, good),
            (HttpMethod.Get, "/events?limit=none", ConsumerKey, null),
            (HttpMethod.Get, "/events", ConsumerKey, null),
            (HttpMethod.Get, "/events", WrongKey, null),
            (HttpMethod.Get, "/nowhere", ConsumerKey, null),
        ];
        var answers = new StringBuilder();
        foreach (var (method, target, token, body) in requests)
        {
            using var request = new HttpRequestMessage(method, target);
            request.Content = body is null ? null : new StringContent(body);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await scene.Hub.Http.SendAsync(request);
            answers.AppendLine($"{(int)answer.StatusCode} {answer.Headers} {await answer.Content.ReadAsStringAsync()}");
        }

        return answers.ToString();
    }

    // Not by ShouldNotContain, whose message would quote the megabytes around it.
    private static void ShouldHaveNone(string text, string[] secrets, string place) =>
        secrets.Where(secret => text.Contains(secret, StringComparison.Ordinal)).ShouldBeEmpty(place);
}
