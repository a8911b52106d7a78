using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Locations;

public sealed class LocationStatesTests
{
    private static readonly DateTimeOffset Now = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(LocationState.Valid, 16, "mdm", LocationState.Valid)]
    [InlineData(LocationState.Valid, 15, "mdm", LocationState.Expiring)]
    [InlineData(LocationState.Expiring, 300, "mdm", LocationState.Valid)]
    [InlineData(LocationState.Valid, null, null, LocationState.Valid)]
    [InlineData(LocationState.Expired, 300, "mdm", LocationState.Valid)]
    [InlineData(LocationState.Valid, 300, "other", LocationState.TakenOver)]
    [InlineData(LocationState.TakenOver, 300, "mdm", LocationState.Valid)]
    [InlineData(LocationState.TakenOver, 300, null, LocationState.TakenOver)]
    [InlineData(LocationState.Pending, 300, "other", LocationState.Pending)]
    internal void An_answer_tells_of_the_owner_and_of_the_tokens_end(
        LocationState before,
        int? daysLeft,
        string? answeredMdmId,
        LocationState after
    ) =>
        LocationStates
            .AfterResponse(before, "mdm", answeredMdmId, daysLeft is { } days ? Now.AddDays(days) : null, Now)
            .ShouldBe(after);

    [Theory]
    [InlineData(AppleErrorKind.TokenExpired, LocationState.Expired)]
    [InlineData(AppleErrorKind.TokenRevoked, LocationState.Revoked)]
    [InlineData(AppleErrorKind.TokenInvalid, LocationState.Invalid)]
    [InlineData(AppleErrorKind.Throttled, LocationState.Valid)]
    [InlineData(AppleErrorKind.Network, LocationState.Valid)]
    internal void Only_an_error_about_the_token_changes_the_state(AppleErrorKind error, LocationState after) =>
        LocationStates.AfterError(LocationState.Valid, error).ShouldBe(after);

    [Fact]
    public void Apple_is_called_only_with_a_token_that_works()
    {
        LocationState[] callable = [LocationState.Valid, LocationState.Expiring];

        Enum.GetValues<LocationState>().Where(LocationStates.MayCallApple).ShouldBe(callable);
    }

    [Fact]
    public void Every_state_has_its_own_name() =>
        Enum.GetValues<LocationState>().ShouldAllBe(state => LocationStates.Parse(state.ToWireName()) == state);

    [Fact]
    public async Task A_change_of_state_is_published_once()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, mdm_id, read_number, created_at)
            values ('abc', 'valid', 0, 0, 'mdm', 0, 0)
            """
        );

        (await RevokeAsync()).ShouldBeTrue();
        (await RevokeAsync()).ShouldBeFalse();

        (await test.QueryAsync<string>("select type from event_log")).ShouldBe([EventNames.LocationTokenRevoked]);
        (await test.ScalarAsync<string>("select state_reason from location")).ShouldBe("9625");

        Task<bool> RevokeAsync() =>
            test.Database.WriteAsync(
                transaction => LocationStore.SetStateAsync(transaction, Used(null), LocationState.Revoked, "9625"),
                CancellationToken.None
            );
    }

    [Fact]
    public async Task A_response_to_an_earlier_content_token_changes_neither_state_nor_expiry()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, content_token, token_expires_at, read_number, created_at)
            values ('abc', 'valid', 0, 0, @token, 1, 0, 0)
            """,
            new { token = new byte[] { 2 } }
        );

        (await RevokeAsync(Used([1]))).ShouldBeFalse();
        (await test.ScalarAsync<string>("select state from location")).ShouldBe("valid");
        (await test.ScalarAsync<long>("select token_expires_at from location")).ShouldBe(1);
        (await test.QueryAsync<string>("select type from event_log")).ShouldBeEmpty();

        (await RevokeAsync(Used([2]))).ShouldBeTrue();
        (await test.ScalarAsync<long>("select token_expires_at from location")).ShouldBe(5);

        Task<bool> RevokeAsync(Location used) =>
            test.Database.WriteAsync(
                async transaction =>
                {
                    var end = DateTimeOffset.FromUnixTimeMilliseconds(5);
                    await LocationStore.SetTokenExpiryAsync(transaction, used, end);
                    return await LocationStore.SetStateAsync(transaction, used, LocationState.Revoked, "9625");
                },
                CancellationToken.None
            );
    }

    private static Location Used(byte[]? token) =>
        new()
        {
            LocationId = "abc",
            StateName = "valid",
            StateSince = At(0),
            ReceiveOnly = false,
            CreatedAt = At(0),
            ContentToken = token,
        };
}
