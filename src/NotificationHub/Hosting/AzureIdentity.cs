using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace NotificationHub.Hosting;

internal static class AzureIdentity
{
    /// <summary>Registers the one credential that the hub presents to Azure: to SQL Server, Service Bus, Key Vault and Azure Monitor. It is created on first use.</summary>
    public static void AddAzureIdentity(this HubBuilder hub) =>
        hub.Services.TryAddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
}
