using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

/// <summary>Every page of the console, including pages added later.</summary>
public sealed partial class ConsoleRouteTests : IAsyncLifetime
{
    private static readonly string[] Anonymous = ["/console/sign-in", "/console/signed-in", "/console/denied"];

    private HubHost hub = null!;

    public async ValueTask InitializeAsync() =>
        hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "on-call", "reading-key", "Read"),
        ]);

    public async ValueTask DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Every_page_requires_sign_in()
    {
        foreach (var path in Pages().Except(Anonymous))
        {
            var response = await new ConsoleSession().GetAsync(hub, path);

            response.Status.ShouldBe(HttpStatusCode.Redirect, path);
            response.Target.ShouldBe("/console/sign-in", path);
        }
    }

    [Fact]
    public async Task A_reader_gets_no_form_that_changes_something()
    {
        var session = new ConsoleSession();
        (await session.SignInAsync(hub, "reading-key")).Status.ShouldBe(HttpStatusCode.Redirect);

        foreach (var path in Pages().Except([.. Anonymous, "/console/sign-out"]))
        {
            var response = await session.GetAsync(hub, path);

            response.Status.ShouldBeOneOf([HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.Redirect], path);
            response.Target.ShouldBeOneOf([null, "/console/denied"], path);
            Forms()
                .Matches(response.Html)
                .Select(form => form.Value)
                .Where(form => !form.Contains("action=\"/console/sign-out\"", StringComparison.Ordinal))
                .ShouldBeEmpty(path);
        }
    }

    [Fact]
    public async Task A_session_ends_with_its_key()
    {
        var session = new ConsoleSession();
        await session.SignInAsync(hub, "reading-key");
        await using var restarted = await HubHost.StartOnAsync(
            hub.Store,
            ["environment=Production", "Console:Enabled=true", .. AdminHost.Key(0, "on-call", "new-key", "Read")]
        );

        (await session.GetAsync(hub, "/console")).Status.ShouldBe(HttpStatusCode.OK);
        (await session.GetAsync(restarted, "/console")).Target.ShouldBe("/console/sign-in");
    }

    private List<string> Pages() =>
        [
            .. hub
                .Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Select(route => Parameter().Replace($"/{route.RoutePattern.RawText!.TrimStart('/')}", "1"))
                .Where(path => path.StartsWith("/console", StringComparison.Ordinal))
                .Where(path => !path.StartsWith("/console/assets/", StringComparison.Ordinal))
                .Distinct(),
        ];

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();

    [GeneratedRegex("<form[^>]* method=\"post\"[^>]*>")]
    private static partial Regex Forms();
}
