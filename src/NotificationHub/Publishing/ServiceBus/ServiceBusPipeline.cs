using Azure.Core;
using Azure.Core.Pipeline;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Azure.Core's pipeline as a sender needs it, and the two ways to be let in.</summary>
internal static class ServiceBusPipeline
{
    private const string Scope = "https://servicebus.azure.net/.default";

    /// <param name="options">Either a connection string or a namespace; validated.</param>
    /// <param name="credential">Asked for when there is no connection string.</param>
    /// <param name="time">Dates the signatures and ends the sends.</param>
    /// <param name="transport">What carries the requests; Azure.Core's own by default.</param>
    public static ServiceBusHttpSender CreateSender(
        ServiceBusOptions options,
        Func<TokenCredential> credential,
        TimeProvider time,
        HttpPipelineTransport? transport = null
    )
    {
        if (options.ConnectionString is not { Length: > 0 } text)
        {
            var authorization = new BearerTokenAuthenticationPolicy(credential(), Scope);
            var host = new Uri($"https://{options.FullyQualifiedNamespace}/");
            return new ServiceBusHttpSender(host, Build(authorization, transport), options, time);
        }

        if (!ServiceBusConnectionString.TryParse(text, out var connection, out var faults))
        {
            throw new ArgumentException(string.Join("; ", faults), nameof(options));
        }

        var signatures = new SharedAccessSignatures(connection, time);
        return new ServiceBusHttpSender(connection.Endpoint, Build(signatures, transport), options, time);
    }

    private static HttpPipeline Build(HttpPipelinePolicy authorization, HttpPipelineTransport? transport)
    {
        var options = new ServiceBusClientOptions();
        options.Diagnostics.ApplicationId = "NotificationHub";
        options.Diagnostics.IsLoggingContentEnabled = false;
        // One attempt: the publisher knows when to try again. And one time limit, the sender's own.
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = Timeout.InfiniteTimeSpan;
        if (transport is not null)
        {
            options.Transport = transport;
        }

        return HttpPipelineBuilder.Build(options, authorization);
    }

    private sealed class ServiceBusClientOptions : ClientOptions;
}
