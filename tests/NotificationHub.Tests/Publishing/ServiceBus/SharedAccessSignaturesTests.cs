using System.Security.Cryptography;
using System.Text;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class SharedAccessSignaturesTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void A_token_is_signed_over_the_encoded_resource_and_its_expiry()
    {
        var fields = Fields(Create().Token());

        fields["sr"].ShouldBe("https%3A%2F%2Fcontoso.servicebus.windows.net%2F");
        fields["se"].ShouldBe(clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds().ToString());
        fields["skn"].ShouldBe("a%20name");
        var text = Encoding.UTF8.GetBytes($"{fields["sr"]}\n{fields["se"]}");
        Uri.UnescapeDataString(fields["sig"])
            .ShouldBe(Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes("a+key="), text)));
    }

    [Fact]
    public void A_token_serves_until_ten_minutes_before_its_expiry()
    {
        var signatures = Create();
        var first = signatures.Token();
        clock.Advance(TimeSpan.FromMinutes(49));
        signatures.Token().ShouldBeSameAs(first);

        clock.Advance(TimeSpan.FromMinutes(1));

        signatures.Token().ShouldNotBe(first);
    }

    private SharedAccessSignatures Create()
    {
        ServiceBusConnectionString
            .TryParse(
                "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=a name;SharedAccessKey=a+key=",
                out var connection,
                out _
            )
            .ShouldBeTrue();
        return new(connection!, clock);
    }

    private static Dictionary<string, string> Fields(string token)
    {
        token.ShouldStartWith("SharedAccessSignature ");
        return token["SharedAccessSignature ".Length..]
            .Split('&')
            .Select(field => field.Split('=', 2))
            .ToDictionary(field => field[0], field => field[1]);
    }
}
