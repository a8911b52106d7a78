using Azure.Core;
using Azure.Messaging.ServiceBus;
using Azure.Messaging.ServiceBus.Administration;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Compares the rules of each subscription with <c>topics.json</c>. Receives no message.</summary>
internal sealed class SubscriptionCheck(IOptions<ServiceBusOptions> options, IServiceProvider services)
    : DiagnosticCheck("subscriptions")
{
    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        if (!options.Value.IsConfigured)
        {
            return [DiagnosticResult.NotChecked("Service Bus is not configured")];
        }

        await using var client = ServiceBusSetup.CreateClient(
            options.Value,
            "doctor",
            services.GetRequiredService<TokenCredential>
        );
        return await Task.WhenAll(
            TopicMap.Topics.SelectMany(
                DeclaredSubscriptions.ForTopic,
                (topic, subscription) => CheckAsync(client, topic, subscription, cancellationToken)
            )
        );
    }

    private static async Task<DiagnosticResult> CheckAsync(
        ServiceBusClient client,
        string topic,
        DeclaredSubscription declared,
        CancellationToken cancellationToken
    )
    {
        var subject = $"{topic}/{declared.Name}";
        try
        {
            string[] differing =
            [
                .. Differences(declared.Rules, await ReadAsync(client, topic, declared.Name, cancellationToken)),
            ];
            return differing.Length == 0
                ? DiagnosticResult.Ok("has the declared rules", subject)
                : DiagnosticResult.Failed(
                    $"these rules differ from topics.json: {string.Join(", ", differing)}",
                    "Deploy infra/bicep again, and delete rules that are not declared with infra/bicep/remove-undeclared.sh.",
                    subject
                );
        }
        catch (UnauthorizedAccessException)
        {
            return DiagnosticResult.NotChecked(
                "to read the rules, this identity requires the role Azure Service Bus Data Receiver on the subscription",
                subject
            );
        }
        catch (ServiceBusException exception) when (exception.Reason == ServiceBusFailureReason.MessagingEntityNotFound)
        {
            return DiagnosticResult.Failed(
                "does not exist",
                "Create the subscriptions of infra/bicep/topics.json in this namespace.",
                subject
            );
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            return DiagnosticResult.NotChecked(SendErrors.Create(exception, null).Message, subject);
        }
    }

    private static async Task<Dictionary<string, RuleFilter>> ReadAsync(
        ServiceBusClient client,
        string topic,
        string subscription,
        CancellationToken cancellationToken
    )
    {
        await using var manager = client.CreateRuleManager(topic, subscription);
        var rules = new Dictionary<string, RuleFilter>(StringComparer.Ordinal);
        await foreach (var rule in manager.GetRulesAsync(cancellationToken))
        {
            rules.Add(rule.Name, rule.Filter);
        }

        return rules;
    }

    private static IEnumerable<string> Differences(
        IReadOnlyDictionary<string, RuleFilter> declared,
        Dictionary<string, RuleFilter> existing
    ) =>
        declared
            .Keys.Union(existing.Keys)
            .Where(name => !Equals(declared.GetValueOrDefault(name), existing.GetValueOrDefault(name)))
            .Order(StringComparer.Ordinal);
}
