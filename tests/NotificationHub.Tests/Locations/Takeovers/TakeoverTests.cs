using NotificationHub.Locations;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Locations.Takeovers;

/// <summary>A registration of a library whose notifications another server receives.</summary>
public sealed class TakeoverTests(TakeoverScene scene) : IClassFixture<TakeoverScene>
{
    [Fact]
    public async Task Without_a_decision_nothing_changes_and_the_error_names_the_server_its_types_and_the_ways_on()
    {
        await using var mdm = await scene.AddMdmAsync();

        var failure = await mdm.FailToAddAsync(TakeoverMode.Refuse);

        failure.Code.ShouldBe(LocationErrorCode.OtherServer);
        foreach (var named in new[] { mdm.Host, Mdm.Types, "--relay", "--replace", "--receive-only" })
        {
            failure.Message.ShouldContain(named);
        }

        failure.Message.ShouldNotContain(mdm.Server.Url.AbsolutePath);
        failure.Message.ShouldNotContain(mdm.Secret);
        mdm.ShouldBeAtApple();
        (await mdm.FindLocationAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Replace_stores_the_configuration_and_sends_nothing_to_the_server()
    {
        await using var mdm = await scene.AddMdmAsync();

        var added = await mdm.AddAsync(TakeoverMode.Replace);

        (added.Replaced?.Host, added.Targets.Count).ShouldBe((mdm.Host, 0));
        mdm.IsHubAtApple.ShouldBeTrue();
        await mdm.ShouldBeStoredAsync();
        (await mdm.TargetsAsync(added.Location)).ShouldBeEmpty();
        mdm.Server.Deliveries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Relay_proves_the_server_with_its_own_secret_and_adds_a_target()
    {
        await using var mdm = await scene.AddMdmAsync();

        var added = await mdm.AddAsync(TakeoverMode.Relay);

        added.Targets.ShouldBe([new ProvenTarget(mdm.Host, 200)]);
        var proof = mdm.Server.Deliveries[0];
        (proof.Authorization, proof.Type).ShouldBe(($"Bearer {mdm.Secret}", "TEST_NOTIFICATION"));
        ((string)proof.Body["uId"]!).ShouldBe(mdm.Library.UId);
        var target = (await mdm.TargetsAsync(added.Location)).ShouldHaveSingleItem();
        (target.Uri, mdm.Decrypt(target.Secret)).ShouldBe((mdm.Server.Url, mdm.Secret));
        await mdm.ShouldBeStoredAsync();
    }

    [Theory]
    [InlineData(401, nameof(LocationErrorCode.TargetRefused), "secret")]
    [InlineData(404, nameof(LocationErrorCode.TargetRefused), "URL")]
    [InlineData(307, nameof(LocationErrorCode.TargetRefused), "redirect")]
    [InlineData(500, nameof(LocationErrorCode.TargetUnavailable), "problem of its own")]
    public async Task A_target_that_does_not_accept_the_test_changes_nothing_and_the_error_says_why(
        int status,
        string code,
        string cause
    )
    {
        await using var mdm = await scene.AddMdmAsync();
        mdm.Server.NextAnswers.Enqueue(status);

        var failure = await mdm.FailToAddAsync(TakeoverMode.Relay);

        failure.Code.ToString().ShouldBe(code);
        failure.Message.ShouldContain($"HTTP {status}");
        failure.Message.ShouldContain(cause);
        failure.Message.ShouldNotContain(mdm.Secret);
        mdm.ShouldBeAtApple();
        (await mdm.FindLocationAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_target_that_does_not_listen_is_unavailable()
    {
        await using var mdm = await scene.AddMdmAsync();
        await mdm.Server.DisposeAsync();

        (await mdm.FailToAddAsync(TakeoverMode.Relay)).Code.ShouldBe(LocationErrorCode.TargetUnavailable);
    }

    [Fact]
    public async Task A_named_target_with_the_servers_URL_is_a_decision_and_its_secret_is_used()
    {
        await using var mdm = await scene.AddMdmAsync();

        var added = await mdm.AddAsync(TakeoverMode.Refuse, To(mdm.Server.Url, "given"));

        mdm.Server.Deliveries[0].Authorization.ShouldBe("Bearer given");
        mdm.Decrypt((await mdm.TargetsAsync(added.Location)).ShouldHaveSingleItem().Secret).ShouldBe("given");
        await mdm.ShouldBeStoredAsync();
    }

    [Fact]
    public async Task A_named_target_with_another_URL_is_no_decision_but_can_be_added_to_one()
    {
        await using var mdm = await scene.AddMdmAsync();
        await using var moved = await scene.AddMdmAsync();
        var to = To(moved.Server.Url, "given");

        (await mdm.FailToAddAsync(TakeoverMode.Refuse, to)).Code.ShouldBe(LocationErrorCode.OtherServer);
        var added = await mdm.AddAsync(TakeoverMode.Relay, to);

        (await mdm.TargetsAsync(added.Location))
            .Select(target => target.Uri)
            .ShouldBe([mdm.Server.Url, moved.Server.Url], ignoreOrder: true);
        await mdm.ShouldBeStoredAsync();
    }

    [Fact]
    public async Task A_receive_only_location_can_have_a_target()
    {
        await using var mdm = await scene.AddMdmAsync();

        var added = await scene
            .Scene.Service<LocationRegistration>()
            .RegisterReceiveOnlyAsync(scene.Scene.HubUrl, To(mdm.Server.Url, "given"), CancellationToken.None);

        added.Targets.ShouldBe([new ProvenTarget(mdm.Host, 200)]);
        mdm.Decrypt((await mdm.TargetsAsync(added.Location)).ShouldHaveSingleItem().Secret).ShouldBe("given");
    }

    [Fact]
    public async Task Relay_without_another_server_is_refused()
    {
        await using var mdm = await scene.AddMdmAsync();
        mdm.Library.Configuration = mdm.Library.Configuration with
        {
            NotificationUrl = null,
            NotificationAuthToken = null,
        };

        var failure = await mdm.FailToAddAsync(TakeoverMode.Relay);

        failure.Code.ShouldBe(LocationErrorCode.NotAllowed);
        failure.Message.ShouldContain("--relay-to");
        (await mdm.FindLocationAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task If_Apple_refuses_the_hubs_URL_neither_the_configuration_nor_a_target_is_left()
    {
        await using var mdm = await scene.AddMdmAsync();

        var failure = await mdm.FailToAddAsync(
            TakeoverMode.Relay,
            hubUrl: new Uri(scene.Scene.Apple.BaseUrl, "/unknown")
        );

        failure.Code.ShouldBe(LocationErrorCode.Refused);
        mdm.ShouldBeAtApple();
        (await mdm.FindLocationAsync()).ShouldBeNull();
        (await CountAsync("replaced_configuration", mdm)).ShouldBe(0);
        (await CountAsync("relay_target", mdm, "and state <> 'removed'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_refused_attempt_to_take_a_location_back_keeps_what_an_earlier_one_stored()
    {
        await using var first = await scene.AddMdmAsync();
        await using var second = await scene.AddMdmAsync();
        var location = (await first.AddAsync(TakeoverMode.Relay)).Location;
        await scene.Scene.ExecuteAsync(
            "update location set state = 'taken-over' where location_id = @LocationId",
            new { location.LocationId }
        );
        first.Library.TakeOver("mdm-2", "Other", "", second.Server.Url, second.Secret);

        await first.FailToAddAsync(TakeoverMode.Relay, hubUrl: new Uri(scene.Scene.Apple.BaseUrl, "/unknown"));

        await first.ShouldBeStoredAsync();
        (await first.TargetsAsync(location)).ShouldHaveSingleItem().Uri.ShouldBe(first.Server.Url);
        await first.AddAsync(TakeoverMode.Replace);
        (await first.FindReplacedAsync())!.NotificationUrl.ShouldBe(second.Server.Url.OriginalString);
    }

    [Fact]
    public async Task Replace_after_an_interrupted_relay_removes_its_target()
    {
        await using var mdm = await scene.AddMdmAsync();
        scene.Scene.Network.LoseRequest = LossyNetwork.IsPost;
        (await mdm.FailToAddAsync(TakeoverMode.Relay)).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        scene.Scene.Network.Repair();

        var added = await mdm.AddAsync(TakeoverMode.Replace);

        (await mdm.TargetsAsync(added.Location)).ShouldBeEmpty();
        await mdm.ShouldBeStoredAsync();
    }

    [Fact]
    public async Task If_Apple_refuses_a_replacement_the_relay_target_stays_with_its_secret()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        var target = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        await scene.Scene.ExecuteAsync(
            "update location set state = 'taken-over' where location_id = @LocationId",
            new { location.LocationId }
        );

        await mdm.FailToAddAsync(TakeoverMode.Replace, hubUrl: new Uri(scene.Scene.Apple.BaseUrl, "/unknown"));

        var kept = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        (kept.TargetId, mdm.Decrypt(kept.Secret)).ShouldBe((target.TargetId, mdm.Secret));
        await mdm.AddAsync(TakeoverMode.Replace);
        (await mdm.TargetsAsync(location)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_library_that_was_removed_without_Apple_inherits_the_stored_configuration()
    {
        await using var mdm = await scene.AddMdmAsync();
        var first = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        (await mdm.RemoveAsync(first, skipApple: true)).Apple.Message.ShouldContain(mdm.Host);

        var second = (await mdm.AddAsync(TakeoverMode.Relay)).Location;

        second.LocationId.ShouldNotBe(first.LocationId);
        await mdm.ShouldBeStoredAsync();
        (await mdm.TargetsAsync(second)).ShouldHaveSingleItem().Uri.ShouldBe(mdm.Server.Url);
    }

    [Theory]
    [InlineData(nameof(TakeoverMode.Relay))]
    [InlineData(nameof(TakeoverMode.Replace))]
    public async Task A_library_that_was_removed_without_Apple_needs_a_decision_about_the_server_again(string mode)
    {
        await using var mdm = await scene.AddMdmAsync();
        var first = (await mdm.AddAsync(Enum.Parse<TakeoverMode>(mode))).Location;
        await mdm.RemoveAsync(first, skipApple: true);

        var failure = await mdm.FailToAddAsync(TakeoverMode.Refuse);

        failure.Code.ShouldBe(LocationErrorCode.OtherServer);
        foreach (var named in new[] { mdm.Host, Mdm.Types, "--relay", "--replace", "--receive-only" })
        {
            failure.Message.ShouldContain(named);
        }

        (await mdm.FindLocationAsync()).ShouldBeNull();
        var second = (await mdm.AddAsync(TakeoverMode.Refuse, To(mdm.Server.Url, mdm.Secret))).Location;
        (await mdm.TargetsAsync(second)).ShouldHaveSingleItem().Uri.ShouldBe(mdm.Server.Url);
        await mdm.ShouldBeStoredAsync();
    }

    [Fact]
    public async Task No_file_and_no_log_line_contains_the_servers_secret()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        scene.Scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9728));
        await Should.ThrowAsync<LocationException>(() => mdm.RemoveAsync(location));

        foreach (var file in Directory.EnumerateFiles(scene.Scene.Hub.Folder, "*", SearchOption.AllDirectories))
        {
            (await SecrecyTests.ReadSharedAsync(file)).ShouldNotContain(mdm.Secret);
        }

        scene.Scene.Log.Text.ShouldNotContain(mdm.Secret);
    }

    private static RelayDestination To(Uri url, string secret) =>
        new(url, RelaySecret.TryParse(secret, out var parsed, out _) ? parsed : null);

    private Task<long> CountAsync(string table, Mdm mdm, string condition = "") =>
        scene.Scene.ScalarAsync<long>(
            $"select count(*) from {table} where {(table == "relay_target" ? "url" : "notification_url")} = @url {condition}",
            new { url = mdm.Server.Url.OriginalString }
        );
}
