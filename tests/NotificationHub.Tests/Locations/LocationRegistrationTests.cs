using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple;
using MdmInfo = NotificationHub.Apple.MdmInfo;
using NotificationTypes = NotificationHub.Simulator.Apple.NotificationTypes;

namespace NotificationHub.Tests.Locations;

public sealed class LocationRegistrationTests
{
    [Fact]
    public async Task A_location_is_registered_while_the_hub_responds_to_the_test_notification()
    {
        await using var scene = await RegistrationScene.StartAsync();

        var location = await scene.RegisterAsync();

        location.State.ShouldBe(LocationState.Valid);
        location.UId.ShouldBe(scene.Library.UId);
        var configured = scene.Library.Configuration;
        configured.NotificationUrl!.ToString().ShouldBe($"{scene.HubUrl}notifications/{location.LocationId}");
        configured.NotificationTypes.ShouldBe(NotificationTypes.All, ignoreOrder: true);
        configured.MdmInfo!.Id.ShouldBe($"notificationhub-{location.LocationId}");
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
        (await scene.LocationsAsync()).ShouldHaveSingleItem().RegisteredAt.ShouldNotBeNull();
        (await scene.EventsAsync(EventNames.LocationRegistered)).ShouldHaveSingleItem();
        scene.Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_owner_at_Apple_is_kept()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.TakeOver("mdm-7", "The MDM", "since 2019");

        var location = await scene.RegisterAsync();

        location.MdmId.ShouldBe("mdm-7");
        scene.Library.Configuration.MdmInfo.ShouldBe(new("mdm-7", "The MDM", "since 2019"));
    }

    [Fact]
    public async Task The_owner_that_the_operator_sets_is_recorded()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.TakeOver("mdm-7", "The MDM", "since 2019");

        await scene.RegisterAsync(new MdmInfo { Id = "mdm-8", Name = "The new MDM" });

        scene.Library.Configuration.MdmInfo.ShouldBe(new("mdm-8", "The new MDM", "NotificationHub"));
    }

    [Fact]
    public async Task A_url_without_a_response_to_the_test_is_refused_and_leaves_nothing_behind()
    {
        await using var scene = await RegistrationScene.StartAsync();

        var failure = await scene.FailToRegisterAsync(new Uri(scene.Apple.BaseUrl, "/unknown"));

        failure.Code.ShouldBe(LocationErrorCode.Refused);
        failure.Message.ShouldContain("9728");
        (await scene.LocationsAsync()).ShouldBeEmpty();
        (await scene.SecretStatesAsync()).ShouldBeEmpty();
        scene.Library.Configuration.NotificationUrl.ShouldBeNull();
    }

    [Fact]
    public async Task If_a_type_is_refused_the_types_that_Apple_lists_are_requested()
    {
        string[] known = [NotificationTypes.Test, "ASSET_MANAGEMENT", "USER_MANAGEMENT"];
        await using var scene = await RegistrationScene.StartAsync(new() { NotificationTypes = known });

        var location = await scene.RegisterAsync();

        scene.Library.Configuration.NotificationTypes.ShouldBe(known, ignoreOrder: true);
        LocationStore.ReadTypes(location.NotificationTypes).ShouldBe(known, ignoreOrder: true);
    }

    [Fact]
    public async Task An_unknown_token_is_an_error_although_the_status_is_200()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.ContentToken.State = ContentTokenState.Invalid;

        var failure = await scene.FailToRegisterAsync();

        failure.Code.ShouldBe(LocationErrorCode.Refused);
        failure.Message.ShouldContain("9622");
        (await scene.LocationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_invalid_request_is_rejected_with_all_its_errors_and_Apple_is_not_called()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var owner = new MdmInfo { Id = new string('x', 101), Metadata = new string('x', 256) };

        var failure = await Should.ThrowAsync<LocationException>(() =>
            scene.RegisterAsync(owner, new Uri("ftp://hub.example.com"))
        );

        failure.Code.ShouldBe(LocationErrorCode.BadInput);
        foreach (var named in new[] { "HubUrl", "MdmInfo.Id", "MdmInfo.Metadata" })
        {
            failure.Message.ShouldContain(named);
        }

        scene.Apple.Requests.Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_library_can_be_registered_only_once()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var first = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;

        var failure = await scene.FailToRegisterAsync();

        failure.Code.ShouldBe(LocationErrorCode.AlreadyRegistered);
        failure.Message.ShouldContain(first.LocationId);
        scene.Library.Configuration.ShouldBe(configured);
    }

    [Fact]
    public async Task A_token_that_expires_soon_is_reported_at_once()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddDays(3));

        var location = await scene.RegisterAsync();

        location.State.ShouldBe(LocationState.Expiring);
        (await scene.EventsAsync(EventNames.LocationTokenExpiring)).ShouldHaveSingleItem();
    }
}
