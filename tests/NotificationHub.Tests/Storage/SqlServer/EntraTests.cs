using System.Diagnostics;
using Azure;
using Azure.Core;
using Azure.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Storage.SqlServer;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Publishing.ServiceBus;

namespace NotificationHub.Tests.Storage.SqlServer;

/// <summary>Signing in to SQL Server with Entra ID. SqlClient keeps its providers per process, so these tests share one class.</summary>
public sealed class EntraTests : IDisposable
{
    private const string Secret = StubCredential.Token;

    private readonly EntraServer server = new();
    private readonly LogLines log = new();

    [Theory]
    [InlineData("Active Directory Default")]
    [InlineData("Active Directory Managed Identity")]
    [InlineData("Active Directory MSI")]
    [InlineData("Active Directory Workload Identity")]
    public async Task The_hub_signs_in_with_a_token_of_its_one_credential(string authentication)
    {
        var credential = new StubCredential(TimeProvider.System);
        await using var app = Compose(credential, authentication);

        var fault = await Should.ThrowAsync<DatabaseOpenException>(() => OpenAsync(app));

        server.Tokens.ShouldHaveSingleItem().ShouldBe(Secret);
        credential.Scopes.ShouldHaveSingleItem().ShouldBe("https://database.windows.net/.default");
        // The response of the stand-in, after it has received the token.
        fault.Message.ShouldContain("the server rejects this identity");
        $"{fault} {log.Text}".ShouldNotContain(Secret);
    }

    [Fact]
    public async Task A_command_signs_in_as_the_hub_does()
    {
        await using var app = Compose(new StubCredential(TimeProvider.System), "Active Directory Default");

        await Should.ThrowAsync<DatabaseOpenException>(() =>
            app.Services.GetRequiredService<Database>().MigrateAsync(CancellationToken.None)
        );

        server.Tokens.ShouldHaveSingleItem().ShouldBe(Secret);
    }

    public static TheoryData<Exception, bool, string> Failures =>
        new()
        {
            {
                new AuthenticationFailedException(Secret, new RequestFailedException(503, Secret)),
                true,
                "returned status 503"
            },
            {
                new AuthenticationFailedException(Secret, new AggregateException(new HttpRequestException(Secret))),
                true,
                "failed (HttpRequestException)"
            },
            { new CredentialUnavailableException(Secret, new TaskCanceledException(Secret)), true, "timed out" },
            { new OperationCanceledException(Secret), true, "timed out" },
            { new CredentialUnavailableException(Secret), false, "the hub has no Microsoft Entra ID identity" },
            {
                new AuthenticationFailedException($"AADSTS7000215: {Secret}", new RequestFailedException(401, Secret)),
                false,
                "rejected the token request (AADSTS7000215)"
            },
            { new InvalidOperationException(Secret), false, "failed (InvalidOperationException)" },
        };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_token_request_is_reported_and_retried_only_if_transient(
        Exception failure,
        bool isTransient,
        string message
    )
    {
        await using var app = Compose(new StubCredential(TimeProvider.System, failure), "Active Directory Default");
        var database = app.Services.GetRequiredService<Database>();

        var fault = await Should.ThrowAsync<DatabaseOpenException>(() => OpenAsync(app));

        SqlServerErrorCodes.IsTransient(fault.InnerException.ShouldBeOfType<SqlException>()).ShouldBe(isTransient);
        fault.Message.ShouldContain(message);
        fault.Message.ShouldNotContain("the server does not respond");
        var refusal = await Should.ThrowAsync<StorageUnavailableException>(() =>
            database.OpenReaderAsync(CancellationToken.None)
        );
        refusal.Message.ShouldContain(message);
        $"{fault} {refusal} {log.Text}".ShouldNotContain(Secret);
        server.Tokens.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(503, 2)]
    [InlineData(401, 1)]
    public async Task A_reader_retries_only_transient_failures(int status, int requests)
    {
        var credential = new StubCredential(TimeProvider.System, new RequestFailedException(status, "no"), failures: 1);
        await using var app = Compose(credential, "Active Directory Managed Identity");

        await Should.ThrowAsync<StorageUnavailableException>(() =>
            app.Services.GetRequiredService<Database>().OpenReaderAsync(CancellationToken.None)
        );

        credential.Scopes.Count.ShouldBe(requests);
        server.Tokens.Count.ShouldBe(requests - 1);
    }

    [Fact]
    public async Task A_token_request_ends_with_the_connect_timeout()
    {
        var provider = new EntraProvider(new SilentCredential());
        var parameters = new SqlAuthenticationParameters(
            SqlAuthenticationMethod.ActiveDirectoryDefault,
            "server",
            "database",
            EntraServer.Resource,
            "authority",
            userId: null,
            password: null,
            Guid.Empty,
            connectionTimeout: 1
        );

        var fault = await Should.ThrowAsync<EntraTokenException>(() => provider.AcquireTokenAsync(parameters));

        fault.Message.ShouldContain("timed out");
        // SqlClient's own retry would end in a login with an empty token.
        fault.ShouldRetry.ShouldBeFalse();
    }

    [Theory]
    [InlineData("Authentication=Active Directory Password;User Id=u;Password=p", "ActiveDirectoryPassword")]
    [InlineData("Authentication=Active Directory Service Principal;User Id=u;Password=p", "Active Directory Default")]
    [InlineData("Authentication=Active Directory Integrated", "AZURE_CLIENT_SECRET")]
    [InlineData("Authentication=Active Directory Interactive", "ActiveDirectoryInteractive")]
    [InlineData("Authentication=Active Directory Device Code Flow", "ActiveDirectoryDeviceCodeFlow")]
    [InlineData("Authentication=Active Directory Managed Identity;User Id=other", "AZURE_CLIENT_ID")]
    [InlineData("Authentication=Active Directory Default;Password=hidden", "must not set User Id, Password")]
    [InlineData("Authentication=Active Directory Default;Integrated Security=true", "Integrated Security")]
    public void An_unsupported_authentication_method_is_rejected_with_a_solution(string settings, string message)
    {
        var hub = HubApplication.Compose([
            "--Storage:Provider=SqlServer",
            $"--Storage:ConnectionString=Server=db;Database=hub;{settings}",
        ]);

        var fault = Should.Throw<ConfigurationException>(hub.ThrowIfInvalid);

        var text = fault
            .Errors.Where(fault => fault.Contains("Storage:ConnectionString", StringComparison.Ordinal))
            .ShouldHaveSingleItem();
        text.ShouldContain(message);
        text.ShouldNotContain("hidden");
    }

    [Fact]
    public void Every_authentication_method_of_the_driver_is_supported_or_rejected()
    {
        var validator = new StorageOptionsValidator();
        foreach (var method in Enum.GetValues<SqlAuthenticationMethod>())
        {
            var options = new StorageOptions
            {
                Provider = StorageOptions.SqlServer,
                ConnectionString = new SqlConnectionStringBuilder
                {
                    DataSource = "db",
                    InitialCatalog = "hub",
                    Authentication = method,
                }.ConnectionString,
            };

            var isAccepted = validator.Validate(options).IsValid;

            isAccepted.ShouldBe(
                EntraProvider.IsSupportedMethod(method)
                    || method is SqlAuthenticationMethod.NotSpecified or SqlAuthenticationMethod.SqlPassword,
                method.ToString()
            );
        }
    }

    public void Dispose()
    {
        server.Dispose();
        log.Dispose();
    }

    private static Task OpenAsync(WebApplication app) =>
        app.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);

    /// <summary>The hub's own services, without a Service Bus. Its settings are not validated: the stand-in has no TLS.</summary>
    private WebApplication Compose(TokenCredential credential, string authentication)
    {
        var hub = HubApplication.Compose([
            "--urls=http://127.0.0.1:0",
            "--Storage:Provider=SqlServer",
            $"--Storage:ConnectionString={server.ConnectionString(authentication)}",
        ]);
        hub.Services.AddSingleton(credential);
        hub.Host.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        return hub.Host.Build();
    }

    private sealed class SilentCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override async ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext,
            CancellationToken cancellationToken
        )
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new UnreachableException();
        }
    }
}
