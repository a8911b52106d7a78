using System.Text;
using System.Text.Json;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Locations.KeyRing;

internal static class TestTokens
{
    public static ContentToken New(string secret = "a-secret") =>
        ContentToken.Parse(
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes(
                    JsonSerializer.Serialize(
                        new
                        {
                            token = secret,
                            expDate = "2030-01-01T00:00:00+0000",
                            orgName = "Contoso",
                        }
                    )
                )
            )
        );
}
