using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Tests.Locations;

public sealed class LocationSessionsTests : IDisposable
{
    private readonly HttpClient http = new();
    private readonly FakeTimeProvider clock = new();
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());

    [Fact]
    public void A_late_response_to_an_old_token_does_not_count_for_or_against_the_new_one()
    {
        using var client = new AppleClient(
            http,
            new AppleClientOptions { BaseUrl = new Uri("https://apple.example") },
            clock
        );
        var sessions = new LocationSessions(client, protector, requestsPerSecond: 5, clock);
        var old = sessions.Open(LocationWith("old"));
        var location = LocationWith("new");
        var renewed = sessions.Open(location);

        old.Token.ConsecutiveRejections++;
        renewed.Token.ConsecutiveRejections.ShouldBe(0);
        renewed.Token.ConsecutiveRejections++;
        old.RecordSuccess();

        // Another stage opens it again.
        sessions.Open(location).Token.ConsecutiveRejections.ShouldBe(1);
    }

    public void Dispose() => http.Dispose();

    private Location LocationWith(string token) =>
        new()
        {
            LocationId = "location-1",
            StateName = LocationState.Valid.ToWireName(),
            StateSince = At(0),
            ReceiveOnly = false,
            ContentToken = protector.Protect(
                ContentToken.Parse(
                    Convert.ToBase64String(
                        System.Text.Encoding.UTF8.GetBytes(
                            $$"""{"expDate":"2030-01-01T00:00:00+0000","token":"{{token}}","orgName":"Org"}"""
                        )
                    )
                )
            ),
            CreatedAt = At(0),
        };
}
