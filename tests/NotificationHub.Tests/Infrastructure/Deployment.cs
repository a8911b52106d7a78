using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>
/// The prediction of <c>bicep snapshot</c>: each resource as it would be deployed. Expressions on values that only Azure knows
/// are not evaluated.
/// </summary>
internal sealed class Deployment
{
    public const string AlertEmail = "on-call@example.com";
    public const string OperatorAddress = "203.0.113.7";
    public const string OperatorRange = "203.0.113.7/32";

    public const string LinkedNetworkId =
        "/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/consumers/providers/Microsoft.Network/virtualNetworks/consumers";

    public const string ExistingActionGroupId =
        "/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/on-call/providers/Microsoft.Insights/actionGroups/on-call";

    /// <summary>A registry in another resource group and another subscription.</summary>
    public const string RegistryId =
        "/subscriptions/55555555-5555-5555-5555-555555555555/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso";

    private static readonly Lazy<Deployment> LazyDev = new(() => Snapshot("dev.bicepparam"));
    private static readonly Lazy<Deployment> LazyProd = new(() =>
        Snapshot(
            "prod.bicepparam",
            BicepFiles.Read("prod.bicepparam")
                + $$"""
                param linkedNetworkIds = ['{{LinkedNetworkId}}']
                param customDomain = 'hub.example.com'
                param withDeadLetterAccess = true
                param consoleAddresses = ['{{OperatorRange}}']
                param tags = { team: 'mobile' }
                param alertPhones = [{ countryCode: '1', phoneNumber: '5550100' }]
                param alertWebhooks = ['https://alerts.example.com/hub']
                param urgentActionGroupIds = ['{{ExistingActionGroupId}}']
                """
        )
    );
    private static readonly Lazy<Deployment> LazyWithoutHub = new(() =>
        Snapshot(
            "dev.bicepparam",
            BicepFiles.Read("dev.bicepparam").Replace("\nparam registryId", "\n// ", StringComparison.Ordinal)
                + $"""
                param withHub = false
                param registryId = '{RegistryId}'
                param operatorAddresses = ['{OperatorAddress}']
                """
        )
    );
    private static readonly Lazy<Deployment> LazyContainerApp = new(() =>
        Snapshot(
            "container-app.bicepparam",
            """
            using './modules/container-app.bicep'

            param name = 'nhub-test-hub'
            param jobName = 'nhub-test-command'
            param withHub = true
            param location = 'westeurope'
            param tags = {}
            param image = 'registry.azurecr.io/notificationhub:0.1.0'
            param registryServer = 'registry.azurecr.io'
            param identityId = '/hub-identity'
            param identityClientId = '11111111-1111-1111-1111-111111111111'
            param environmentName = 'nhub-test-apps'
            param applicationInsightsName = 'nhub-test-insights'
            param minReplicas = 2
            param maxReplicas = 3
            param customDomain = 'hub.example.com'
            param customDomainCertificateId = '/certificate'
            param sqlServerHost = 'nhub-test-sql.database.windows.net'
            param databaseName = 'notificationhub'
            param serviceBusHost = 'nhub-test-bus.servicebus.windows.net'
            param keyRingCertificate = 'https://kv-test.vault.azure.net/certificates/key-ring'
            param traceShare = '0.1'
            param adminAudience = 'api://notification-hub'
            param settings = { Refetch__RequestsPerSecond: 5 }
            param consoleAddresses = []
            """
        )
    );
    private static readonly Lazy<JsonElement> LazyMain = new(() =>
    {
        using var workspace = new BicepWorkspace();
        return JsonSerializer.Deserialize<JsonElement>(workspace.Run("build", "main.bicep", "--stdout"));
    });

    private Deployment(JsonElement snapshot)
    {
        Resources = [.. snapshot.At("predictedResources").EnumerateArray()];
        Outputs = snapshot.At("outputs");
    }

    public static Deployment Dev => LazyDev.Value;

    /// <summary>As production, with a linked network, access to dead letters, further receivers of alerts, a custom domain and a tag.</summary>
    public static Deployment Prod => LazyProd.Value;

    /// <summary>As development before the database admits the hub, with a registry and an operator's address.</summary>
    public static Deployment WithoutHub => LazyWithoutHub.Value;

    /// <summary>The hub's container app alone, with every parameter set.</summary>
    public static Deployment ContainerApp => LazyContainerApp.Value;

    /// <summary><c>main.bicep</c> as a compiled template.</summary>
    public static JsonElement Main => LazyMain.Value;

    public IReadOnlyList<JsonElement> Resources { get; }

    public JsonElement Outputs { get; }

    /// <summary>The hub's environment variables; null for one whose value is a secret of the app.</summary>
    public IReadOnlyDictionary<string, string?> Environment =>
        Hub.At("properties.template.containers.0.env")
            .EnumerateArray()
            .ToDictionary(setting => setting.Text("name")!, setting => setting.Text("value"));

    public JsonElement Hub =>
        OfType("Microsoft.App/containerApps")
            .Single(app => app.Text("name")!.EndsWith("-hub", StringComparison.Ordinal));

    public JsonElement One(string type) => OfType(type).ShouldHaveSingleItem();

    public IEnumerable<JsonElement> OfType(string type) => Resources.Where(resource => resource.Text("type") == type);

    /// <summary>As development, with another <c>topics.json</c>.</summary>
    public static Deployment WithTopics(string topics) =>
        Snapshot("dev.bicepparam", workspace => File.WriteAllText(workspace.File("topics.json"), topics));

    private static Deployment Snapshot(string file, string content) =>
        Snapshot(file, workspace => File.WriteAllText(workspace.File(file), content));

    private static Deployment Snapshot(string file, Action<BicepWorkspace>? change = null)
    {
        using var workspace = new BicepWorkspace();
        change?.Invoke(workspace);

        workspace.Run([
            .. (string[])["snapshot", file, "--mode", "overwrite", "--deployment-name", "main"],
            .. (string[])["--subscription-id", "22222222-2222-2222-2222-222222222222", "--resource-group", "nhub"],
            .. (string[])["--tenant-id", "33333333-3333-3333-3333-333333333333", "--location", "westeurope"],
        ]);
        var snapshot = workspace.File(Path.ChangeExtension(file, ".snapshot.json"));
        var json = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(snapshot));
        json.At("diagnostics").GetArrayLength().ShouldBe(0);
        return new Deployment(json);
    }
}
