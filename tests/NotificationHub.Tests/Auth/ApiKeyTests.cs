using System.Globalization;
using System.Net;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Auth;

public sealed class ApiKeyTests
{
    private const string Reading = "reading-key";
    private const string Operating = "operating.key.with-dots";

    private static readonly string[] Keys =
    [
        .. AdminHost.Key(0, "dashboard", Reading, "read"),
        .. AdminHost.Key(1, "pipeline", Operating, "Operate"),
    ];

    [Fact]
    public async Task A_key_allows_what_its_role_allows()
    {
        await using var host = await AdminHost.StartAsync("Production", Keys);

        (await host.ReadAsync(Reading)).ShouldBe(HttpStatusCode.OK);
        (await host.ChangeAsync(Reading)).ShouldBe(HttpStatusCode.Forbidden);
        (await host.ReadAsync(Operating)).ShouldBe(HttpStatusCode.OK);
        (await host.ChangeAsync(Operating)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_consumers_key_does_not_open_the_administration()
    {
        await using var host = await AdminHost.StartAsync(
            "Production",
            [.. Keys, .. AdminHost.Key(2, "inventory", "consumer-key", "Consume")]
        );

        (await host.ReadAsync("consumer-key")).ShouldBe(HttpStatusCode.Forbidden);
        (await host.ChangeAsync("consumer-key")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_consumers_key_alone_does_not_map_the_administration()
    {
        await using var host = await AdminHost.StartAsync(
            "Production",
            AdminHost.Key(0, "inventory", "consumer-key", "Consume")
        );

        (await host.ReadAsync("consumer-key")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_key_is_accepted_in_its_own_header_and_identified_by_its_name()
    {
        await using var host = await AdminHost.StartAsync("Production", Keys);

        using var response = await host.SendAsync(
            HttpMethod.Get,
            "/admin/look",
            shape: request => request.Headers.Add("X-Api-Key", Reading)
        );

        (await response.Content.ReadAsStringAsync()).ShouldBe("key:dashboard");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData("Reading-key")]
    [InlineData("a.b.c")]
    public async Task An_unknown_caller_gets_401_and_no_hint(string? key)
    {
        await using var host = await AdminHost.StartAsync("Production", Keys);

        using var response = await host.GetAsync(key);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await response.Content.ReadAsStringAsync()).ShouldBe(
            """{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.2","title":"Unauthorized","status":401}"""
        );
        (await host.ChangeAsync(key)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_forbidden_change_gets_problem_details()
    {
        await using var host = await AdminHost.StartAsync("Production", Keys);

        using var response = await host.SendAsync(HttpMethod.Post, "/admin/change", Reading);

        (await response.Content.ReadAsStringAsync()).ShouldBe(
            """{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.4","title":"Forbidden","status":403}"""
        );
    }

    [Fact]
    public async Task Outside_Development_nothing_is_mapped_without_a_credential()
    {
        await using var host = await AdminHost.StartAsync("Production");

        (await host.ReadAsync(Reading)).ShouldBe(HttpStatusCode.NotFound);
        (await host.ChangeAsync()).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task In_Development_only_requests_from_and_to_this_machine_need_no_key()
    {
        await using var host = await AdminHost.StartAsync("Development");

        (await host.ChangeAsync()).ShouldBe(HttpStatusCode.OK);
        using var rebound = await host.SendAsync(
            HttpMethod.Post,
            "/admin/change",
            shape: request => request.Headers.Host = "attacker.example"
        );
        rebound.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task In_Development_other_sites_pages_are_rejected(string header, string value)
    {
        (await ChangeInDevelopmentAsync(header, value)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Origin", "http://localhost:5080")]
    [InlineData("Origin", "http://[::1]:5080")]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    public async Task In_Development_local_pages_are_accepted(string header, string value)
    {
        (await ChangeInDevelopmentAsync(header, value)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task In_Development_a_configured_key_is_required()
    {
        await using var host = await AdminHost.StartAsync("Development", Keys);

        (await host.ReadAsync()).ShouldBe(HttpStatusCode.Unauthorized);
        (await host.ReadAsync(Reading)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task All_invalid_settings_are_reported_together()
    {
        var fault = await Should.ThrowAsync<ConfigurationException>(() =>
            AdminHost.StartAsync(
                "Production",
                "Auth:ApiKeys:0:Sha256=secret",
                "Auth:ApiKeys:0:Role=Root",
                "Auth:Entra:TenantId=common"
            )
        );

        fault
            .Errors.Select(line => line.Trim().Split(": ")[0])
            .ShouldBe(
                [
                    "Auth:ApiKeys:0:Name",
                    "Auth:ApiKeys:0:Sha256",
                    "Auth:ApiKeys:0:Role",
                    "Auth:Entra:Audience",
                    "Auth:Entra:TenantId",
                ],
                ignoreOrder: true
            );
        fault.Message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_key_for_too_many_locations_for_one_statement_is_an_error()
    {
        var locations = Enumerable
            .Range(0, InLists.MaxValues + 1)
            .Select(number =>
                string.Create(CultureInfo.InvariantCulture, $"Auth:ApiKeys:0:Locations:{number}=l{number}")
            );

        var fault = await Should.ThrowAsync<ConfigurationException>(() =>
            AdminHost.StartAsync("Production", [.. locations])
        );

        fault.Errors.ShouldContain(line => line.Contains("Auth:ApiKeys:0:Locations") && line.Contains("at most 2000"));
    }

    private static async Task<HttpStatusCode> ChangeInDevelopmentAsync(string header, string value)
    {
        await using var host = await AdminHost.StartAsync("Development");
        using var response = await host.SendAsync(
            HttpMethod.Post,
            "/admin/change",
            shape: request =>
            {
                request.Headers.Add(header, value);
                // What a page may send without asking first.
                request.Content = new StringContent("");
            }
        );
        return response.StatusCode;
    }
}
