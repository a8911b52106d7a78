using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.WebConsole;

public sealed class LocationPagesTests(Chromium chromium) : IAsyncLifetime
{
    private RegistrationScene scene = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    private HubHost Hub => scene.Hub;

    private ILocator Main => Page.Locator("main");

    public async ValueTask InitializeAsync()
    {
        scene = await RegistrationScene.StartAsync(options: null, ConsoleKeys.Settings);
        tab = await chromium.OpenAsync(scene.HubUrl);
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await scene.DisposeAsync();
    }

    [Fact]
    public async Task A_location_is_added_with_its_file_and_its_secret_is_rotated()
    {
        await SignInAsync(ConsoleKeys.Operating);
        await tab.CheckAsync("/console/locations");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Add a location" }).ClickAsync();
        await Page.GetByLabel("The hub's public URL").FillAsync(scene.HubUrl.ToString());
        await ChooseTokenAsync(scene.Library.ContentTokenFile);

        await ClickAsync("Add the location");

        await ExpectAsync("is registered");
        await tab.CheckPageAsync("added");
        (await Page.ContentAsync()).ShouldNotContain(scene.Library.ContentTokenFile);
        var id = (await scene.LocationsAsync()).ShouldHaveSingleItem().LocationId;
        var secret = scene.Library.Configuration.NotificationAuthToken!;
        await tab.CheckAsync($"/console/locations/{id}");
        await ExpectAsync(scene.Library.UId);
        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("valid");

        await ClickAsync("Rotate");

        await ExpectAsync("Apple uses the new secret");
        await tab.CheckPageAsync("rotated");
        var current = scene.Library.Configuration.NotificationAuthToken!;
        current.ShouldNotBe(secret);
        (await Page.ContentAsync()).ShouldNotContain(current);
        await tab.CheckAsync("/console/locations");
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync(id);
        await tab.CheckAsync("/console/audit");
        await Assertions.Expect(Page.Locator("tbody tr").Nth(0)).ToContainTextAsync("locations rotate-secret");
        await Assertions.Expect(Page.Locator("tbody tr").Nth(1)).ToContainTextAsync("locations add");
        (await ReadAuditAsync()).ShouldAllBe(entry =>
            entry.Actor == "key:operator" && entry.Origin == "console from 127.0.0.1" && entry.Outcome == "succeeded"
        );
    }

    [Fact]
    public async Task Every_action_reports_its_result_and_is_audited()
    {
        var id = await scene.ImportAsync();
        await SignInAsync(ConsoleKeys.Operating);
        await tab.GotoAsync($"/console/locations/{id}");

        await ClickAsync("Compare");
        await ExpectAsync("The location is valid, and Apple has the hub's settings.");
        await ClickAsync("Test");
        await ExpectAsync("Apple's test notification arrived through the public URL");
        await ClickAsync("Reconcile");
        await ExpectAsync("A full reconciliation is scheduled");
        await ChooseTokenAsync(scene.Library.ContentTokenFile);
        await ClickAsync("Renew");
        await ExpectAsync("The hub uses the new content token");
        await Page.GetByLabel("URL", new() { Exact = true }).FillAsync("https://mdm.example/hook?key=of-the-mdm");
        await Page.GetByLabel("Bearer secret").FillAsync("secret-of-the-mdm");
        await ClickAsync("Add");
        await ExpectAsync("The hub forwards every notification to https://mdm.example/hook.");
        (await Page.ContentAsync()).ShouldNotContain("of-the-mdm");
        await tab.CheckPageAsync("with a relay target");
        await ClickAsync("Stop");
        await ExpectAsync("is stopped");
        await Main.GetByRole(AriaRole.Row, new() { Name = "mdm.example" })
            .GetByRole(AriaRole.Button, new() { Name = "Remove" })
            .ClickAsync();
        await ExpectAsync("is removed");

        (await ReadAuditAsync())
            .Select(entry => $"{entry.Action}: {entry.Outcome}")
            .ShouldBe([
                "console sign-in: succeeded",
                "locations test: succeeded",
                "reconcile: succeeded",
                "locations renew-token: succeeded",
                "relay add: succeeded",
                "relay stop: succeeded",
                "relay remove: succeeded",
            ]);
    }

    [Fact]
    public async Task A_removal_must_be_confirmed()
    {
        var id = (await scene.RegisterAsync()).LocationId;
        await SignInAsync(ConsoleKeys.Operating);
        await tab.GotoAsync($"/console/locations/{id}");
        var remove = Page.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true });
        await Page.GetByLabel("Enter the location's ID").FillAsync("another");

        await remove.ClickAsync();

        await ExpectAsync($"must be the location's ID, {id}");
        (await scene.LocationsAsync()).Single().StateName.ShouldBe("valid");
        await Page.GetByLabel("Enter the location's ID").FillAsync(id);

        await remove.ClickAsync();

        await ExpectAsync("The location is removed");
        (await scene.LocationsAsync()).Single().StateName.ShouldBe("removed");
        scene.Library.Configuration.NotificationUrl.ShouldBeNull();
        await tab.CheckPageAsync("removed");
        await tab.GotoAsync("/console/locations?state=removed");
        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await tab.GotoAsync("/console/locations?state=valid");
        await ExpectAsync("No location matches");
    }

    [Fact]
    public async Task A_receive_only_location_gets_its_secret_once()
    {
        await SignInAsync(ConsoleKeys.Operating);
        await tab.GotoAsync("/console/locations/add");
        await Page.GetByLabel("The hub's public URL").FillAsync(scene.HubUrl.ToString());
        await Page.GetByLabel("Receive only").CheckAsync();

        await ClickAsync("Add the location");

        var secret = await Page.Locator("#secret").InnerTextAsync();
        secret.ShouldNotBeEmpty();
        await tab.CheckPageAsync("secret");
        await Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Location ") }).ClickAsync();
        await ExpectAsync("none (receive-only)");
        (await Page.ContentAsync()).ShouldNotContain(secret);

        await ClickAsync("Rotate");

        await Assertions.Expect(Page.Locator("#secret")).Not.ToHaveTextAsync(secret);
        Page.Url.ShouldNotContain(await Page.Locator("#secret").InnerTextAsync());
    }

    [Fact]
    public async Task Errors_are_at_their_fields_and_no_token_is_repeated_even_without_a_script()
    {
        const string Token = "not-a-content-token";
        await using var plain = await chromium.OpenAsync(scene.HubUrl, hasScript: false);
        await plain.GotoAsync("/console/locations/add");
        await plain.SignInAsync(ConsoleKeys.Operating);
        await plain.Page.GetByLabel("The hub's public URL").FillAsync("http://hub.example.com");
        await plain.Page.GetByLabel("Or paste its content").FillAsync(Token);
        var add = plain.Page.GetByRole(AriaRole.Button, new() { Name = "Add the location" });

        await add.ClickAsync();

        await Assertions.Expect(plain.Page.Locator("#Url-error")).ToContainTextAsync("must be https");
        await Assertions.Expect(plain.Page.Locator("#ContentToken-error")).ToContainTextAsync("is not base64 text");
        await Assertions
            .Expect(plain.Page.GetByLabel("The hub's public URL"))
            .ToHaveValueAsync("http://hub.example.com");
        (await plain.Page.ContentAsync()).ShouldNotContain(Token);
        await plain.Page.GetByLabel("The hub's public URL").FillAsync(scene.HubUrl.ToString());
        await plain.Page.GetByLabel("Or paste its content").FillAsync(scene.Library.ContentTokenFile);
        scene.Library.ContentToken.State = NotificationHub.Simulator.Apple.ContentTokenState.Revoked;

        await add.ClickAsync();

        await Assertions.Expect(plain.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Nothing was changed");
        (await plain.Page.ContentAsync()).ShouldNotContain(scene.Library.ContentTokenFile);
        var last = (await ReadAuditAsync())[^1];
        (last.Action, last.Outcome).ShouldBe(("locations add", "refused"));
    }

    [Fact]
    public async Task Read_can_change_nothing()
    {
        var id = (await scene.RegisterAsync()).LocationId;
        var secret = scene.Library.Configuration.NotificationAuthToken;
        await SignInAsync(ConsoleKeys.Reading);

        await tab.CheckAsync($"/console/locations/{id}");

        await Assertions.Expect(Main.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
        foreach (var form in (string[])["rotate-secret", "remove", "verify", "add-target"])
        {
            (await tab.SubmitAsync($"/console/locations/{id}", form)).ShouldBe(400, form);
        }

        scene.Library.Configuration.NotificationAuthToken.ShouldBe(secret);
        await tab.GotoAsync("/console/locations/add");
        new Uri(Page.Url).AbsolutePath.ShouldBe("/console/denied");
        (await ReadAuditAsync()).ShouldAllBe(entry => entry.Action == "console sign-in");
    }

    [Fact]
    public async Task An_unknown_location_or_filter_is_explained()
    {
        await SignInAsync(ConsoleKeys.Reading);

        (await tab.GotoAsync("/console/locations/unknown")).Status.ShouldBe(404);
        await ExpectAsync("Location unknown does not exist");
        (await tab.GotoAsync("/console/locations?after=unknown")).Status.ShouldBe(404);
        await tab.GotoAsync("/console/locations?state=lost");
        await ExpectAsync("must be one of pending, valid");
    }

    private async Task SignInAsync(string key)
    {
        await tab.GotoAsync("/console");
        await tab.SignInAsync(key);
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("key:");
    }

    private Task ChooseTokenAsync(string content) =>
        Page.GetByLabel("Content token file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "sToken.vpptoken",
                    MimeType = "text/plain",
                    Buffer = Encoding.UTF8.GetBytes(content),
                }
            );

    private Task ClickAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    private Task ExpectAsync(string text) =>
        Assertions.Expect(Main).ToContainTextAsync(text, new() { Timeout = 30_000 });

    private Task<IReadOnlyList<AuditEntry>> ReadAuditAsync() =>
        Hub.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after: null, limit: 100),
            CancellationToken.None
        );
}
