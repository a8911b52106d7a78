using Microsoft.Extensions.Logging;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests;

public sealed class StartupSummaryTests
{
    private const string Bus =
        "ServiceBus:ConnectionString=Endpoint=sb://127.0.0.1:1/;UseDevelopmentEmulator=true;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0";

    private const string Digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

    [Fact]
    public async Task The_startup_log_names_the_database_and_the_URL_of_the_events()
    {
        var (log, hub) = await StartAsync();
        await using var _ = hub;

        log.ShouldContain($"The database is {hub.Database.DisplayName}.");
        log.ShouldContain("no Service Bus");
        log.ShouldContain($"Serving events at {hub.Http.BaseAddress}events");
        log.ShouldNotContain("Publishing:PublicUrl is not set");
    }

    [Fact]
    public async Task The_startup_log_warns_if_references_to_large_events_cannot_be_followed()
    {
        var (log, hub) = await StartAsync("environment=Production", Bus);
        await using var _ = hub;

        log.ShouldContain("the Service Bus 127.0.0.1:1");
        log.ShouldContain("Publishing:PublicUrl is not set");
        log.ShouldContain("Auth:ApiKeys has no key with the role Consume");
        log.ShouldContain("Not serving /events");
        log.ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public async Task The_startup_log_does_not_warn_if_references_can_be_followed()
    {
        var (log, hub) = await StartAsync(
            "environment=Production",
            Bus,
            "Publishing:PublicUrl=https://hub.example.com",
            "Auth:ApiKeys:0:Name=team",
            $"Auth:ApiKeys:0:Sha256={Digest}"
        );
        await using var _ = hub;

        log.ShouldContain("callers with the role Hub.Consume");
        log.ShouldNotContain("Publishing:PublicUrl is not set");
        log.ShouldNotContain("Auth:ApiKeys has no key");
    }

    private static async Task<(string Log, HubHost Hub)> StartAsync(params string[] settings)
    {
        var lines = new LogLines();
        var hub = await HubHost.StartAsync(
            host => host.Logging.AddProvider(lines),
            [.. settings, "Logging:LogLevel:Default=Information"]
        );
        return (lines.Text, hub);
    }
}
