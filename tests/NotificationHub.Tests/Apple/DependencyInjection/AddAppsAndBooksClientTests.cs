using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.DependencyInjection;

public sealed class AddAppsAndBooksClientTests
{
    [Fact]
    public async Task The_client_uses_the_options_and_the_clock_of_the_application()
    {
        var clock = new ManualClock();
        var apple = new ScriptedApple(clock);
        await using var services = Build(collection =>
        {
            collection.AddSingleton<TimeProvider>(clock);
            collection
                .AddAppsAndBooksClient(options =>
                {
                    options.BaseUrl = new Uri("https://apple.example/mdm/v2");
                    options.UserAgent = "mdm/1.0";
                })
                .ConfigurePrimaryHttpMessageHandler(() => apple);
        });

        var client = services.GetRequiredService<AppleClient>();
        await client.GetServiceConfigAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromMinutes(6));
        await client.GetServiceConfigAsync(CancellationToken.None);

        client.Options.UserAgent.ShouldBe("mdm/1.0");
        apple
            .ServiceConfigRequests.Select(request => request.Url.AbsoluteUri)
            .ShouldBe(Enumerable.Repeat("https://apple.example/mdm/v2/service/config", 2));
    }

    [Fact]
    public async Task Everything_is_a_singleton_and_can_be_added_twice()
    {
        await using var services = Build(collection =>
        {
            collection.AddAppsAndBooksClient(options => options.UserAgent = "first/1.0");
            collection.AddAppsAndBooksClient(options => options.MaxReadRetries = 7);
        });

        var client = services.GetServices<AppleClient>().ShouldHaveSingleItem();

        client.ShouldBeSameAs(services.GetRequiredService<AppleClient>());
        client.Options.UserAgent.ShouldBe("first/1.0");
        client.Options.MaxReadRetries.ShouldBe(7);
        services.GetServices<ContentMetadataClient>().ShouldHaveSingleItem();
        services.GetServices<IValidateOptions<AppleClientOptions>>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Invalid_options_stop_the_host_at_startup_with_all_errors()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAppsAndBooksClient(options =>
        {
            options.BaseUrl = new Uri("http://vpp.itunes.apple.com/mdm/v2");
            options.RequestTimeout = TimeSpan.Zero;
            options.ServiceConfigTimeout = TimeSpan.FromDays(60);
            options.ServiceConfigLifetime = TimeSpan.FromSeconds(-1);
            options.RetryDelay = TimeSpan.FromSeconds(-1);
            options.LongestRetryAfter = TimeSpan.FromDays(2);
            options.MaxResponseBytes = 0;
            options.MaxReadRetries = -1;
            options.MaxThrottleRetries = -1;
            options.EventPollInterval = TimeSpan.FromSeconds(29);
            options.EventTimeout = TimeSpan.Zero;
            options.MetadataQuery = "";
            options.UserAgent = "a\r\nX: b";
        });
        using var host = builder.Build();

        var exception = await Should.ThrowAsync<OptionsValidationException>(host.StartAsync(CancellationToken.None));

        exception
            .Failures.Select(failure => failure.Split(' ')[0])
            .ShouldBe(
                [
                    "AppleClientOptions.BaseUrl",
                    "AppleClientOptions.RequestTimeout",
                    "AppleClientOptions.ServiceConfigTimeout",
                    "AppleClientOptions.ServiceConfigLifetime",
                    "AppleClientOptions.RetryDelay",
                    "AppleClientOptions.LongestRetryAfter",
                    "AppleClientOptions.MaxResponseBytes",
                    "AppleClientOptions.MaxReadRetries",
                    "AppleClientOptions.MaxThrottleRetries",
                    "AppleClientOptions.EventPollInterval",
                    "AppleClientOptions.EventTimeout",
                    "AppleClientOptions.MetadataQuery",
                    "AppleClientOptions.UserAgent",
                ],
                ignoreOrder: true
            );
    }

    [Theory]
    [InlineData("https://user:password@vpp.itunes.apple.com/mdm/v2")]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2?token=1")]
    [InlineData("https://vpp.itunes.apple.com/mdm/v2#part")]
    [InlineData("http://apple.example")]
    public void A_base_address_that_would_reveal_the_token_is_rejected(string url)
    {
        using var http = new HttpClient();

        var exception = Should.Throw<ArgumentException>(() =>
            new AppleClient(http, new AppleClientOptions { BaseUrl = new Uri(url) }, TimeProvider.System)
        );

        exception.Message.ShouldNotContain("password");
    }

    [Fact]
    public async Task The_handler_follows_no_redirects_and_nothing_logs_the_requests()
    {
        await using var services = Build(collection => collection.AddLogging().AddAppsAndBooksClient());

        var factory = services.GetRequiredService<IHttpMessageHandlerFactory>();
        var handler = factory.CreateHandler(AppleClient.HttpClientName);
        while (handler is DelegatingHandler outer)
        {
            handler.GetType().Name.ShouldNotContain("Logging");
            handler = outer.InnerHandler!;
        }

        handler.ShouldBeOfType<SocketsHttpHandler>().AllowAutoRedirect.ShouldBeFalse();
        services
            .GetRequiredService<IHttpClientFactory>()
            .CreateClient(AppleClient.HttpClientName)
            .Timeout.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    private static ServiceProvider Build(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }
        );
    }
}
