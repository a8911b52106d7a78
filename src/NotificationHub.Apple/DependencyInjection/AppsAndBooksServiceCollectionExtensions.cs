using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client for Apple's App and Book Management API.</summary>
public static class AppsAndBooksServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="AppleClient"/> for all locations, and a <see cref="ContentMetadataClient"/>. Invalid options stop the host at startup with
    /// <see cref="OptionsValidationException"/>, which lists all errors. The registered <see cref="TimeProvider"/> is
    /// used, else the machine's clock. Safe to call again, which adds to the options.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; null for the defaults, which suit Apple's service.</param>
    /// <returns>
    /// Configures the HTTP client, for example with a proxy or another handler. It follows no redirects and logs nothing,
    /// because requests carry the content token and their queries name people and devices. A handler must not change
    /// that, and must not retry: writes are not repeatable.
    /// </returns>
    public static IHttpClientBuilder AddAppsAndBooksClient(
        this IServiceCollection services,
        Action<AppleClientOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<AppleClientOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<AppleClientOptions>, AppleClientOptionsValidator>()
        );
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new AppleClient(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(AppleClient.HttpClientName),
            provider.GetRequiredService<IOptions<AppleClientOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IMeterFactory>()
        ));
        services.TryAddSingleton(provider => new ContentMetadataClient(
            provider.GetRequiredService<IHttpClientFactory>().CreateClient(AppleClient.HttpClientName),
            provider.GetRequiredService<AppleClient>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        return services
            // The client has time limits of its own.
            .AddHttpClient(AppleClient.HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(AppleClient.CreateHandler)
            // The handler renews its own connections.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
    }
}
