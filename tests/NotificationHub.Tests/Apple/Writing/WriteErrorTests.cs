using NotificationHub.Apple;
using static NotificationHub.Apple.AppleErrorKind;
using static NotificationHub.Apple.OperationPartState;

namespace NotificationHub.Tests.Apple.Writing;

public sealed class WriteErrorTests : AppleTest
{
    private const string Accepted = """{"eventId":"e-1","uId":"7"}""";

    [Theory]
    [InlineData(9637, 403, ReadOnlyToken)]
    [InlineData(9637, 200, ReadOnlyToken)]
    [InlineData(12345, 403, ReadOnlyToken)]
    [InlineData(9647, 403, Forbidden)]
    public async Task A_read_only_token_is_recognized_by_the_rejection_of_a_write(
        int number,
        int status,
        AppleErrorKind kind
    )
    {
        Apple.Then($$"""{"errorNumber":{{number}},"errorMessage":"m"}""", status);

        (await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }))).Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData("{}", 403, Forbidden)]
    [InlineData("<html>no</html>", 403, Protocol)]
    public async Task A_403_without_Apples_number_says_nothing_about_the_token(
        string body,
        int status,
        AppleErrorKind kind
    )
    {
        Apple.Then(body, status);

        (await ErrorOf(Session.EnableSubscriptionsAsync())).Kind.ShouldBe(kind);
    }

    [Theory]
    [InlineData(9601, 401, TokenInvalid)]
    [InlineData(9602, 400, InvalidArgument)]
    [InlineData(9609, 400, NotFound)]
    [InlineData(9621, 401, TokenExpired)]
    [InlineData(9622, 200, TokenInvalid)]
    [InlineData(9625, 401, TokenRevoked)]
    [InlineData(9634, 410, Gone)]
    [InlineData(9703, 400, InvalidArgument)]
    [InlineData(9704, 400, InvalidArgument)]
    [InlineData(9705, 400, InvalidArgument)]
    [InlineData(9706, 400, Conflict)]
    [InlineData(9707, 400, Conflict)]
    [InlineData(9715, 400, InvalidArgument)]
    [InlineData(9717, 400, InvalidArgument)]
    [InlineData(9718, 400, InvalidArgument)]
    [InlineData(9719, 400, InvalidArgument)]
    [InlineData(9720, 400, InvalidArgument)]
    [InlineData(9811, 400, Conflict)]
    [InlineData(9813, 400, InvalidArgument)]
    [InlineData(9814, 400, NotFound)]
    [InlineData(9815, 400, NotFound)]
    [InlineData(9817, 400, Conflict)]
    [InlineData(9818, 400, Conflict)]
    public async Task An_error_of_Apple_is_a_certain_rejection(int number, int status, AppleErrorKind kind)
    {
        Apple.Then($$"""{"errorNumber":{{number}},"errorMessage":"m"}""", status);

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }));

        (error.Kind, error.ErrorNumber, error.IsOutcomeUnknown).ShouldBe((kind, number, false));
        error.Operation!.Parts.ShouldHaveSingleItem().State.ShouldBe(Rejected);
        Apple.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(9646, 429)]
    [InlineData(9603, 500)]
    [InlineData(9729, 503)]
    [InlineData(9644, 200)]
    public async Task A_write_that_Apple_did_not_start_is_repeated(int number, int status)
    {
        Apple.Then($$"""{"errorNumber":{{number}},"errorMessage":"m"}""", status).Then(Accepted);

        var operation = await Passing(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }));

        operation.EventIds.ShouldBe(["e-1"]);
        Apple.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_write_backs_off_after_each_429_and_gives_up_in_the_end()
    {
        for (var i = 0; i < 10; i++)
        {
            Apple.Then("""{"errorNumber":9646,"errorMessage":"m"}""", 429);
        }

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }));

        error.Kind.ShouldBeOneOf(Throttled, Paused);
        var waits = Apple.Requests.Zip(Apple.Requests.Skip(1), (one, next) => next.At - one.At).ToList();
        waits.Count.ShouldBeGreaterThanOrEqualTo(3);
        waits.ShouldBe(waits.Order());
        waits[^1].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4));
    }

    public static TheoryData<Func<CancellationToken, Task<HttpResponseMessage>>> UnknownEffects =>
        new()
        {
            _ => throw new HttpRequestException(HttpRequestError.ResponseEnded),
            _ => throw new IOException("reset"),
            _ => Task.FromResult(ScriptedApple.Json("<html>bad gateway</html>", 502)),
            _ => Task.FromResult(ScriptedApple.Json("{}", 500)),
            _ => Task.FromResult(ScriptedApple.Json("<html>hello</html>")),
            _ => Task.FromResult(ScriptedApple.Json("{")),
            _ => Task.FromResult(ScriptedApple.Json("""{"uId":"7","errorMessage":"no number"}""")),
            _ => throw new TaskCanceledException(),
        };

    [Theory]
    [MemberData(nameof(UnknownEffects))]
    public async Task A_write_whose_effect_is_unknown_is_never_repeated(
        Func<CancellationToken, Task<HttpResponseMessage>> response
    )
    {
        Apple.ServiceConfig = () => ScriptedApple.Json("""{"limits":{"maxRevokeClientUserIds":1}}""");
        Apple.Then(Accepted).Then(response);

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1", "u2", "u3"] }));

        error.IsOutcomeUnknown.ShouldBeTrue();
        Apple.Requests.Count.ShouldBe(2);
        var parts = error.Operation!.Parts;
        parts.Select(part => part.State).ShouldBe([OperationPartState.Accepted, Unknown, NotSent]);
        parts.Select(part => part.EventId).ShouldBe(["e-1", null, null]);
        parts.Select(part => ((RevokeAssetsRequest)part.Request).ClientUserIds.Single()).ShouldBe(["u1", "u2", "u3"]);
    }

    [Fact]
    public async Task A_write_that_was_only_partly_accepted_is_no_success()
    {
        Apple.ServiceConfig = () => ScriptedApple.Json("""{"limits":{"maxRevokeClientUserIds":1}}""");
        Apple
            .Then(Accepted)
            .Then("""{"errorNumber":9609,"errorMessage":"m"}""", 400)
            .Then("""{"eventStatus":"COMPLETE","numCompleted":1,"numRequested":1}""");
        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1", "u2"] }));

        var result = await Passing(error.Operation!.WaitAsync());

        result.Events.ShouldHaveSingleItem().IsSuccess.ShouldBeTrue();
        (result.IsAccepted, result.IsSuccess).ShouldBe((false, false));
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    public async Task Without_a_connection_nothing_was_started(HttpRequestError reason)
    {
        Apple.Then(_ => throw new HttpRequestException(reason));

        var error = await ErrorOf(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }));

        (error.Kind, error.IsOutcomeUnknown).ShouldBe((Network, false));
        error.Operation!.Parts.ShouldHaveSingleItem().State.ShouldBe(Rejected);
    }

    [Fact]
    public async Task A_canceled_write_is_not_repeated()
    {
        using var cancellation = new CancellationTokenSource();
        var sent = new TaskCompletionSource();
        Apple.Then(async token =>
        {
            sent.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return ScriptedApple.Json(Accepted);
        });

        var write = Session.RevokeAssetsAsync(new() { ClientUserIds = ["u1"] }, cancellation.Token);
        await sent.Task;
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(write);
        Apple.Requests.Count.ShouldBe(1);
    }
}
