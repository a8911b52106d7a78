using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;
using NotificationHub.WebConsole;

namespace NotificationHub.Tests.WebConsole;

public sealed class DoctorPageTests(Chromium chromium)
{
    private static readonly PageGetByRoleOptions RunChecks = new() { Name = "Run the checks" };

    [Fact]
    public async Task Checks_show_what_they_found_and_what_to_do()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Library.ContentToken.State = ContentTokenState.Revoked;
        await using var tab = await chromium.OpenAsync(scene.HubUrl);
        await tab.CheckAsync("/console/doctor");

        await RunAsync(tab);

        await tab.CheckPageAsync("results");
        await Assertions.Expect(Row(tab, "database file")).ToContainTextAsync("only the hub's user can read");
        await Assertions.Expect(Row(tab, "running hub")).ToContainTextAsync("ok");
        await Assertions.Expect(Row(tab, "key ring")).ToContainTextAsync("decrypts 1 content token");
        await Assertions.Expect(Row(tab, location.LocationId)).ToContainTextAsync("failed");
        await Assertions.Expect(Row(tab, location.LocationId)).ToContainTextAsync("Download a new content token");
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("failed");
        var entry = (await ReadAuditAsync(scene.Hub)).ShouldHaveSingleItem();
        (entry.Action, entry.Actor, entry.Origin).ShouldBe(("doctor", "loopback", "console from 127.0.0.1"));
    }

    [Fact]
    public async Task The_checks_leave_the_open_database_and_key_ring_as_they_are()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        var keys = scene.Service<HubKeyRing>();
        var opened = keys.Services;
        await using var tab = await chromium.OpenAsync(scene.HubUrl);
        await tab.GotoAsync("/console/doctor");

        await RunAsync(tab);
        await RunAsync(tab);

        keys.Services.ShouldBeSameAs(opened);
        using var delivery = await (await scene.Hub.AddLocationAsync()).PostAsync(TestLocation.Notification("n-1"));
        delivery.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var rotated = await scene.Hub.Http.PostAsync(
            $"/admin/locations/{location.LocationId}/rotate-secret",
            content: null
        );
        rotated.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Runs_are_limited()
    {
        await using var hub = await HubHost.StartAsync();
        await using var tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
        var limiter = hub.Services.GetRequiredService<DoctorLimiter>();
        await tab.GotoAsync("/console/doctor");
        for (var run = 0; run < DoctorLimiter.RunsPerMinute; run++)
        {
            limiter.TryAcquire().ShouldBeTrue();
        }

        await tab.Page.GetByRole(AriaRole.Button, RunChecks).ClickAsync();

        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Wait a minute");
    }

    [Fact]
    public async Task A_user_with_the_role_Read_cannot_run_them()
    {
        await using var hub = await HubHost.StartAsync(ConsoleKeys.Settings);
        await using var tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
        await tab.GotoAsync("/console/doctor");

        await tab.SignInAsync(ConsoleKeys.Reading);

        await Assertions.Expect(tab.Page.Locator("main")).ToContainTextAsync("Only a user with the role Operate");
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Button, RunChecks)).ToHaveCountAsync(0);
        (await tab.SubmitAsync("/console/doctor", "doctor")).ShouldBe(400);
    }

    private static async Task RunAsync(ConsoleTab tab)
    {
        await tab.Page.GetByRole(AriaRole.Button, RunChecks).ClickAsync();
        await Assertions
            .Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Name = "Results" }))
            .ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    private static ILocator Row(ConsoleTab tab, string name) =>
        tab.Page.Locator("tbody tr", new() { Has = tab.Page.Locator("th", new() { HasText = name }) });

    private static Task<IReadOnlyList<AuditEntry>> ReadAuditAsync(HubHost hub) =>
        hub.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after: null, limit: 100),
            CancellationToken.None
        );
}
