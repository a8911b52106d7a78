using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class ClientConfigTests : AppleTest
{
    private const string Secret = "very-secret-0123456789";

    private static readonly ClientConfigRequest Request = new()
    {
        MdmInfo = new MdmInfo
        {
            Id = "i",
            Name = "n",
            Metadata = "m",
        },
        NotificationUrl = "https://hub.example.com/notifications/1",
        NotificationAuthToken = Secret,
        NotificationTypes = ["ASSET_COUNT", "ASSET_MANAGEMENT"],
    };

    [Fact]
    public async Task The_configuration_is_sent_as_JSON_with_the_token_in_the_header()
    {
        Apple.Then("""{"uId":"7"}""");

        (await Passing(Session.SetClientConfigAsync(Request, default))).UId.ShouldBe("7");

        var sent = Apple.Requests.ShouldHaveSingleItem();
        sent.Method.ShouldBe("POST");
        sent.PathAndQuery.ShouldBe("/mdm/v2/client/config");
        sent.ContentType.ShouldBe("application/json");
        sent.Authorization.ShouldBe($"Bearer {Token.Reveal()}");
        sent.Body.ShouldBe(
            """{"mdmInfo":{"id":"i","name":"n","metadata":"m"},"notificationUrl":"https://hub.example.com/notifications/1","""
                + $"\"notificationAuthToken\":\"{Secret}\",\"notificationTypes\":[\"ASSET_COUNT\",\"ASSET_MANAGEMENT\"]}}"
        );
    }

    [Fact]
    public async Task The_returned_secret_is_revealed_only_on_request()
    {
        Apple.Then(
            $$"""
            {"countryISO2ACode":"CH","defaultPlatform":"enterprisestore","websiteURL":"https://business.apple.com","locationName":"校",
             "uId":"2178900000767387","apnToken":"x","notificationUrl":"https://h/n","notificationAuthToken":"{{Secret}}",
             "subscribedNotificationTypes":["USER_ASSOCIATED"],"tokenExpirationDate":"2030-11-08T22:33:22+0000"}
            """
        );

        var config = await Passing(Session.GetClientConfigAsync(default));

        var secret = config.NotificationAuthToken.ShouldNotBeNull();
        secret.Reveal().ShouldBe(Secret);
        secret.Sha256.ShouldBe(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));
        secret.ToString().ShouldNotContain(Secret);
        JsonSerializer.Serialize(secret).ShouldNotContain(Secret);
        Should.Throw<NotSupportedException>(() => JsonSerializer.Serialize(config));
        config.CountryISO2ACode.ShouldBe("CH");
        config.WebsiteUrl.ShouldBe("https://business.apple.com");
        config.LocationName.ShouldBe("校");
        config.NotificationUrl.ShouldBe("https://h/n");
        config.SubscribedNotificationTypes.ShouldBe(["USER_ASSOCIATED"]);
        config.MdmInfo.ShouldBeNull();
        config.ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("""{"uId":"7","locationName":"L"}""")]
    [InlineData("""{"uId":"7","locationName":"L","notificationAuthToken":null}""")]
    [InlineData("""{"uId":"7","locationName":"L","notificationAuthToken":""}""")]
    public async Task Without_a_secret_there_is_none(string response)
    {
        Apple.Then(response);

        (await Passing(Session.GetClientConfigAsync(default))).NotificationAuthToken.ShouldBeNull();
    }

    [Theory]
    [InlineData("with blank")]
    [InlineData("with\nline")]
    [InlineData("ünicode")]
    [InlineData("quo\"te")]
    public async Task A_secret_with_invalid_characters_is_not_sent(string secret)
    {
        var error = await Should.ThrowAsync<ArgumentException>(() =>
            Session.SetClientConfigAsync(Request with { NotificationAuthToken = secret }, default)
        );

        error.Message.ShouldNotContain(secret);
        Apple.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_error_text_that_repeats_our_secrets_is_redacted()
    {
        Apple.Then(
            $$"""{"errorNumber":9728,"errorMessage":"No response with {{Secret}} for {{Token.Reveal()}}"}""",
            400
        );

        var error = await ErrorOf(Session.SetClientConfigAsync(Request, default));

        error.Kind.ShouldBe(AppleErrorKind.NotificationUrlRefused);
        error.ErrorMessage.ShouldBe("No response with [secret] for [secret]");
        error.ToString().ShouldNotContain(Secret);
        error.ToString().ShouldNotContain(Token.Reveal());
    }

    [Fact]
    public void ToString_reveals_no_secret_and_no_person()
    {
        object[] printed =
        [
            Request,
            Token,
            new AppleCall(Endpoint.Assignments)
            {
                Token = Token,
                Query = new QueryString().Add("serialNumber", Secret),
            },
            new User
            {
                ClientUserId = Secret,
                Email = Secret,
                InviteCode = Secret,
                IdHash = Secret,
            },
            new Assignment
            {
                ClientUserId = Secret,
                SerialNumber = Secret,
                IdHash = Secret,
            },
            new SubscriptionAssignment { ClientUserId = Secret },
            new SubscriptionAdmin { ClientUserId = Secret, IdHash = Secret },
            new UserQuery { ClientUserId = Secret },
            new AssignmentQuery { ClientUserId = Secret, SerialNumber = Secret },
            new SubscriptionAssignmentQuery { ClientUserId = Secret },
            new AppleError
            {
                ErrorNumber = 1,
                ErrorMessage = Secret,
                ErrorInfo = new ErrorInfo { ClientUserIds = [Secret] },
            },
        ];

        printed.ShouldAllBe(item => !item.ToString()!.Contains(Secret) && !item.ToString()!.Contains(Token.Reveal()));
    }
}
