using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Locations;

public sealed class LocationVerificationTests
{
    [Fact]
    public async Task An_unchanged_location_has_no_differences()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        (await scene.ScalarAsync<string>("select country from location")).ShouldBe("CH");
        await scene.Hub.Database.WriteAsync(
            transaction => LocationStore.SetCountryAsync(transaction, location.LocationId, "DE"),
            CancellationToken.None
        );

        var result = await VerifyAsync(scene, location);

        result.Differences.ShouldBeEmpty();
        result.Location.State.ShouldBe(LocationState.Valid);
        result.Location.Country.ShouldBe("CH");
        scene.Apple.Requests.All.Count(request => request.Method == "POST").ShouldBe(1);
    }

    [Fact]
    public async Task Another_owner_means_that_the_location_was_taken_over()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Library.TakeOver("mdm-9", "The other MDM");

        var result = await VerifyAsync(scene, location);

        result.Location.State.ShouldBe(LocationState.TakenOver);
        var difference = result.Differences.ShouldHaveSingleItem();
        (difference.Setting, difference.Actual).ShouldBe(("mdmInfo.id", "mdm-9"));
        (await scene.EventsAsync(EventNames.LocationTakenOver)).ShouldHaveSingleItem();
        (await scene.EventsAsync(EventNames.LocationSettingsChanged)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_location_that_was_given_back_is_valid()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        var before = scene.Library.Configuration;
        scene.Library.TakeOver("mdm-9", "The other MDM");
        await VerifyAsync(scene, location);

        scene.Library.TakeOver(before.MdmInfo!.Id, before.MdmInfo.Name);
        var result = await VerifyAsync(scene, location);

        result.Location.State.ShouldBe(LocationState.Valid);
        result.Differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_url_and_secret_are_published_once_and_without_the_secret()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        var owner = scene.Library.Configuration.MdmInfo!;
        scene.Library.TakeOver(owner.Id, owner.Name, "", new Uri("https://elsewhere.example.com/in"), "their-secret");

        var first = await VerifyAsync(scene, location);
        var second = await VerifyAsync(scene, location);

        first.Differences.Select(one => one.Setting).ShouldBe(["notificationUrl", "notificationAuthToken"]);
        second.Differences.ShouldBe(first.Differences);
        second.Location.State.ShouldBe(LocationState.Valid);
        var published = (await scene.EventsAsync(EventNames.LocationSettingsChanged)).ShouldHaveSingleItem();
        var text = System.Text.Encoding.UTF8.GetString(published.Data);
        text.ShouldContain("https://elsewhere.example.com/in");
        text.ShouldNotContain("their-secret");
    }

    [Theory]
    [InlineData(ContentTokenState.Expired, LocationState.Expired, EventNames.LocationTokenExpired)]
    [InlineData(ContentTokenState.Revoked, LocationState.Revoked, EventNames.LocationTokenRevoked)]
    [InlineData(ContentTokenState.Invalid, LocationState.Invalid, EventNames.LocationTokenRevoked)]
    public async Task A_rejected_content_token_is_a_difference_and_not_an_error(object token, object state, string name)
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Library.ContentToken.State = (ContentTokenState)token;

        var result = await VerifyAsync(scene, location);

        result.Location.State.ShouldBe((LocationState)state);
        result.Differences.ShouldHaveSingleItem().Advice.ShouldContain("locations renew-token");
        (await scene.EventsAsync(name)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task One_unknown_token_response_changes_nothing()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        scene.Apple.Faults.Next("/client/config", Fault.ErrorInside200(9622));

        (await VerifyAsync(scene, location)).Location.State.ShouldBe(LocationState.Valid);
    }

    [Fact]
    public async Task An_invalid_id_and_an_unknown_location_have_different_errors()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var check = scene.Hub.Services.GetRequiredService<LocationCheck>();

        (
            await Should.ThrowAsync<LocationException>(() => check.VerifyAsync("../etc", CancellationToken.None))
        ).Code.ShouldBe(LocationErrorCode.BadInput);
        (
            await Should.ThrowAsync<LocationException>(() => check.VerifyAsync("unknown", CancellationToken.None))
        ).Code.ShouldBe(LocationErrorCode.NotFound);
    }

    private static Task<LocationReading> VerifyAsync(RegistrationScene scene, Location location) =>
        scene.Hub.Services.GetRequiredService<LocationCheck>().VerifyAsync(location.LocationId, CancellationToken.None);
}
