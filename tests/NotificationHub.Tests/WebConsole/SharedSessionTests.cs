using System.Net;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.WebConsole;

public sealed class SharedSessionTests
{
    [Fact]
    public async Task Every_replica_accepts_the_form_and_the_session_of_another()
    {
        using var folder = new TemporaryFolder();
        using var store = TestStore.At(folder.File("hub.db"));
        string[] settings =
        [
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "on-call", "reading-key", "Read"),
        ];
        await using var first = await HubHost.StartOnAsync(store, settings);
        await using var second = await HubHost.StartOnAsync(store, settings);
        var session = new ConsoleSession();

        // Behind a load balancer, each request may reach another replica.
        var signedIn = await session.SignInAsync(second, "reading-key", formHub: first);
        var page = await session.GetAsync(first, "/console");

        signedIn.Status.ShouldBe(HttpStatusCode.Redirect, signedIn.Html);
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Html.ShouldContain("key:on-call");
    }
}
