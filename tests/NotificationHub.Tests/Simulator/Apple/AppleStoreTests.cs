using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>What Apple offers without a content token besides Service Config: metadata and invitations.</summary>
public sealed class AppleStoreTests : AppleTest
{
    [Fact]
    public async Task Metadata_of_apps_and_books_is_looked_up_without_a_token()
    {
        UseToken(null);
        Location.Silently(change => change.PutAsset(new SimulatedAsset("1", "STDQ", Total: 5, Name: "Keynote")));
        Location.AddAsset("2", productType: "Book");

        var results = (await GetAsync("/lookup?id=1,2,3&cc=us")).Body["results"]!.AsObject();

        results.Select(result => result.Key).ShouldBe(["1", "2"]);
        ((string?)results["1"]!["name"]).ShouldBe("Keynote");
        ((string?)results["1"]!["kind"]).ShouldBe("App");
        ((string?)results["2"]!["name"]).ShouldBe("Book 2");
        ((string?)results["2"]!["kind"]).ShouldBe("Book");
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Icons_are_images()
    {
        Location.AddAsset("1");
        var template = (string)(await GetAsync("/lookup?id=1")).Body["results"]!["1"]!["artwork"]!["url"]!;
        using var client = new HttpClient();

        using var response = await client.GetAsync(
            new Uri(template.Replace("{w}x{h}{c}.{f}", "64x64bb.png", StringComparison.Ordinal))
        );

        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        (await response.Content.ReadAsByteArrayAsync())[1..4].ShouldBe("PNG"u8.ToArray());
    }

    [Fact]
    public async Task An_invitation_is_accepted_with_its_code()
    {
        Location.AddUser("ann", "ann@example.com");
        var link = "/invitation?inviteCode=" + Location.ExportState().Users[0].InviteCode;

        ((string?)(await GetAsync(link)).Body["accepted"]).ShouldBe("ann");
        Location.ExportState().Users[0].Status.ShouldBe("Associated");
        (await GetAsync("/invitation?inviteCode=unknown")).Status.ShouldBe(404);
    }
}
