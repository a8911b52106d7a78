using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Simulator.Apple;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Locations;

public sealed class LocationRenewalTests
{
    private static readonly DateTimeOffset InAYear = TimeProvider.System.GetUtcNow().AddYears(1);

    [Theory]
    [InlineData("expired")]
    [InlineData("revoked")]
    [InlineData("invalid")]
    [InlineData("expiring")]
    public async Task A_new_token_for_the_same_library_is_used_and_nothing_else_changes(string state)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var before = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;
        scene.Library.ContentToken.State = ContentTokenState.Revoked;
        await scene.ExecuteAsync("update location set state = @state, token_expires_at = 1", new { state });
        scene.Library.IssueContentToken(InAYear);

        var result = await RenewAsync(scene, before.LocationId, scene.Token());

        (result.Location.LocationId, result.Location.State, result.Location.UId).ShouldBe(
            (before.LocationId, LocationState.Valid, before.UId)
        );
        result.Differences.ShouldBeEmpty();
        result.Location.TokenExpiresAt.ShouldNotBe(At(1));
        scene.Library.Configuration.ShouldBe(configured);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
        (await scene.RotateAsync(before)).IsResumed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_for_another_library_is_rejected_and_changes_nothing()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();
        var before = (await scene.LocationsAsync()).Single();
        var other = scene.Apple.AddLocation();

        var failure = await Should.ThrowAsync<LocationException>(() =>
            RenewAsync(scene, before.LocationId, ContentToken.Parse(other.ContentTokenFile))
        );

        failure.Code.ShouldBe(LocationErrorCode.OtherLibrary);
        failure.Message.ShouldContain(other.UId);
        failure.Message.ShouldContain("locations add");
        var after = (await scene.LocationsAsync()).Single();
        after.ContentToken.ShouldBe(before.ContentToken);
    }

    [Fact]
    public async Task A_token_that_Apple_rejects_is_rejected_and_the_old_one_stays()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var dead = scene.Library.IssueContentToken(InAYear);
        dead.State = ContentTokenState.Revoked;

        (
            await Should.ThrowAsync<LocationException>(() => RenewAsync(scene, location.LocationId, scene.Token()))
        ).Code.ShouldBe(LocationErrorCode.Refused);

        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Valid);
        (await scene.RotateAsync(location)).IsResumed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_new_token_that_expires_soon_is_reported_again()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddDays(3));
        var location = await scene.RegisterAsync();
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddDays(5));

        var result = await RenewAsync(scene, location.LocationId, scene.Token());

        result.Location.State.ShouldBe(LocationState.Expiring);
        (await scene.EventsAsync(EventNames.LocationTokenExpiring)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_receive_only_location_rejects_a_token()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var receiveOnly = await scene.Hub.AddLocationAsync();

        (
            await Should.ThrowAsync<LocationException>(() => RenewAsync(scene, receiveOnly.Id, scene.Token()))
        ).Code.ShouldBe(LocationErrorCode.NotAllowed);
    }

    [Fact]
    public async Task A_crash_at_any_step_leaves_one_of_the_tokens_and_the_next_renewal_succeeds()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Library.IssueContentToken(InAYear);
        var steps = 0;
        for (var isDead = true; isDead; )
        {
            await using var process = await OperatorProcess.StartAsync(scene, ++steps, afterStep: steps % 2 == 0);
            await process.RunAsync<LocationRenewal, LocationReading>(renewal =>
                renewal.RenewAsync(location.LocationId, scene.Token(), CancellationToken.None)
            );
            isDead = process.HasCrashed;
            await scene.LetTimePassAsync();
            (await scene.RotateAsync(location)).Location.State.ShouldBe(LocationState.Valid);
        }

        steps.ShouldBeGreaterThan(3);
    }

    private static Task<LocationReading> RenewAsync(RegistrationScene scene, string locationId, ContentToken token) =>
        scene.Service<LocationRenewal>().RenewAsync(locationId, token, CancellationToken.None);
}
