using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class ServiceConfigTests : AppleTest
{
    private const string ServerError = """{"errorNumber":9603,"errorMessage":"m"}""";

    [Fact]
    public async Task Service_Config_is_read_without_a_token_and_used_for_five_minutes()
    {
        Apple.ServiceConfig = () =>
            ScriptedApple.Json("""{"limits":{"maxAssets":7,"maxNew":1},"urls":{"new":"https://x"}}""");

        var config = await Client.GetServiceConfigAsync(default);
        Clock.Advance(TimeSpan.FromSeconds(299));
        await Client.GetServiceConfigAsync(default);
        Apple.ServiceConfigRequests.ShouldHaveSingleItem().Authorization.ShouldBeNull();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Client.GetServiceConfigAsync(default);

        Apple.ServiceConfigRequests.Count.ShouldBe(2);
        config.Limit("maxAssets").ShouldBe(7);
        config.Limit("maxNew").ShouldBe(1);
        config.Limit("maxRequestPerSecond").ShouldBe(15);
        config.Limit("maxUnheardOf").ShouldBeNull();
    }

    [Theory]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2.1/assets", "https://vpp.itunes.apple.com/mdm/v2.1/assets")]
    [InlineData("https://vpp.itunes.apple.com.example.org/mdm/v2/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("http://vpp.itunes.apple.com/mdm/v2.1/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("https://vpp.itunes.apple.com:444/mdm/v2.1/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("https://vpp.itunes.apple.com@example.org/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("https://example.org@vpp.itunes.apple.com/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("https://vpp.itunes.apple.com/assets?x=y", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    [InlineData("/assets", "https://vpp.itunes.apple.com/mdm/v2/assets")]
    public async Task An_address_is_used_only_on_Apples_own_host(string sent, string used)
    {
        Apple.ServiceConfig = () => ScriptedApple.Json($$$"""{"urls":{"getAssets":"{{{sent}}}","getUsers":null}}""");
        Apple.Then("""{"assets":[]}""");

        await ReadAssets();

        Apple.Requests.ShouldHaveSingleItem().Url.AbsoluteUri.ShouldBe(used);
    }

    [Fact]
    public async Task Without_a_response_the_documented_addresses_are_used_and_the_failure_is_cached()
    {
        Apple.ServiceConfig = () => ScriptedApple.Json(ServerError, 500);
        Apple.Then("""{"assets":[]}""").Then("""{"assets":[]}""");

        await ReadAssets();
        var asked = Apple.ServiceConfigRequests.Count;
        await ReadAssets();

        Apple.Requests.Count.ShouldBe(2);
        Apple.ServiceConfigRequests.Count.ShouldBe(asked);
        (await ErrorOf(Client.GetServiceConfigAsync(default))).Kind.ShouldBe(AppleErrorKind.Unavailable);
    }

    [Fact]
    public async Task While_one_call_refreshes_it_other_calls_use_the_old_one()
    {
        await Client.GetServiceConfigAsync(default);
        Clock.Advance(TimeSpan.FromMinutes(5));
        var gate = new TaskCompletionSource();
        Apple.ServiceConfigGate = gate.Task;
        Apple.Then("""{"assets":[]}""").Then("""{"assets":[]}""");

        var refreshing = StartRead();
        await StartRead().WaitAsync(TimeSpan.FromSeconds(30));

        refreshing.IsCompleted.ShouldBeFalse();
        Apple.ServiceConfigRequests.Count.ShouldBe(2);
        gate.SetResult();
        await Passing(refreshing);
    }

    [Fact]
    public async Task All_waiting_calls_give_up_after_seconds_if_it_does_not_respond()
    {
        Options.ServiceConfigTimeout = TimeSpan.FromSeconds(10);
        Apple.ServiceConfigGate = new TaskCompletionSource().Task;
        Apple.Then("""{"assets":[]}""").Then("""{"assets":[]}""");
        var start = Clock.GetUtcNow();

        await Passing(Task.WhenAll(StartRead(), StartRead()));

        Apple.ServiceConfigRequests.Count.ShouldBe(1);
        (Apple.Requests[0].At - start).ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(
        "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/associateVPPUserWithITSAccount?inviteCode=%25inviteCode%25&mt=8",
        "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/associateVPPUserWithITSAccount?inviteCode=a%2Fb&mt=8"
    )]
    [InlineData("http://buy.itunes.apple.com/?inviteCode=%25inviteCode%25", null)]
    [InlineData("https://buy.itunes.apple.com/", null)]
    [InlineData("", null)]
    public async Task An_invitation_contains_the_code(string template, string? expected)
    {
        Apple.ServiceConfig = () => ScriptedApple.Json($$$"""{"urls":{"invitationEmail":"{{{template}}}"}}""");

        var config = await Client.GetServiceConfigAsync(default);

        config.CreateInvitationUrl("a/b")?.AbsoluteUri.ShouldBe(expected);
        (config.CreateInvitationUrl("a/b") is null).ShouldBe(expected is null);
    }

    [Theory]
    [InlineData("http://apple.example")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2?x=y")]
    public void A_base_address_that_would_expose_the_token_is_rejected(string baseUrl)
    {
        using var http = new HttpClient();

        Should.Throw<ArgumentException>(() =>
            new AppleClient(http, new AppleClientOptions { BaseUrl = new Uri(baseUrl) }, Clock)
        );
    }

    private Task<List<Page<Asset>>> StartRead() =>
        Session.ReadAssetsAsync(new AssetQuery(), default).ToListAsync().AsTask();
}
