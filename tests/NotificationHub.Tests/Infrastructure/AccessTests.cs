using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Roles and network access are limited to what the hub requires.</summary>
public sealed partial class AccessTests
{
    private const string ServiceBusDataSender = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
    private const string ServiceBusDataReceiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
    private const string KeyVaultSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string MonitoringMetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string AcrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

    private static Deployment[] Deployments => [Deployment.Dev, Deployment.Prod, Deployment.WithoutHub];

    [BicepFact]
    public void The_identity_has_four_roles_each_on_the_smallest_scope()
    {
        var topics = Deployment
            .WithoutHub.OfType("Microsoft.ServiceBus/namespaces/topics")
            .Select(_ => (ServiceBusDataSender, "Microsoft.ServiceBus/namespaces/topics"));
        var assignments = Deployment.WithoutHub.OfType("Microsoft.Authorization/roleAssignments").ToArray();

        assignments
            .Select(assignment =>
                (RoleOf(assignment.Text("properties.roleDefinitionId")!), ScopeOf(assignment.Text("id")!))
            )
            .ShouldBe(
                [
                    .. topics,
                    (KeyVaultSecretsUser, "Microsoft.KeyVault/vaults"),
                    (MonitoringMetricsPublisher, "Microsoft.Insights/components"),
                    (AcrPull, "Microsoft.ContainerRegistry/registries"),
                ],
                ignoreOrder: true
            );
        assignments.ShouldAllBe(assignment =>
            assignment
                .Text("properties.principalId")!
                .Contains("/userAssignedIdentities/nhub-dev-hub'", StringComparison.Ordinal)
        );
    }

    [BicepFact]
    public void The_hub_may_receive_from_each_subscription_only_on_request()
    {
        const string Subscription = "Microsoft.ServiceBus/namespaces/topics/subscriptions";
        var subscriptions = Deployment.Prod.OfType(Subscription).Count();

        subscriptions.ShouldBeGreaterThan(0);
        ScopesIn(Deployment.Prod).ShouldBe(Enumerable.Repeat(Subscription, subscriptions));
        ScopesIn(Deployment.Dev).ShouldBeEmpty();

        static IEnumerable<string> ScopesIn(Deployment deployment) =>
            deployment
                .OfType("Microsoft.Authorization/roleAssignments")
                .Where(assignment => RoleOf(assignment.Text("properties.roleDefinitionId")!) == ServiceBusDataReceiver)
                .Select(assignment => ScopeOf(assignment.Text("id")!));
    }

    [BicepFact]
    public void The_registry_is_looked_up_where_it_is()
    {
        var pull = Deployment
            .WithoutHub.OfType("Microsoft.Authorization/roleAssignments")
            .Single(assignment => RoleOf(assignment.Text("properties.roleDefinitionId")!) == AcrPull);

        pull.Text("id")!.ShouldStartWith($"[extensionResourceId('{Deployment.RegistryId}'");
        BicepFiles.ParameterFiles.ShouldAllBe(file =>
            BicepFiles.Read(file).Contains("param registryId = ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_templates_mention_no_other_role() =>
        BicepFiles
            .Literals()
            .Where(text => Guid.TryParse(text, out _))
            .ShouldBe(
                [
                    ServiceBusDataSender,
                    ServiceBusDataReceiver,
                    KeyVaultSecretsUser,
                    MonitoringMetricsPublisher,
                    AcrPull,
                ],
                ignoreOrder: true
            );

    [BicepFact]
    public void A_firewall_rule_admits_a_single_address()
    {
        var rule = Deployment.WithoutHub.One("Microsoft.Sql/servers/firewallRules");

        rule.Text("properties.startIpAddress").ShouldBe(Deployment.OperatorAddress);
        rule.Text("properties.endIpAddress").ShouldBe(Deployment.OperatorAddress);
        Deployment
            .WithoutHub.One("Microsoft.KeyVault/vaults")
            .At("properties.networkAcls.ipRules")
            .EnumerateArray()
            .Select(allowed => allowed.Text("value"))
            .ShouldBe([Deployment.OperatorAddress]);
    }

    [BicepFact]
    public void No_resource_admits_every_address()
    {
        foreach (var deployment in Deployments)
        {
            deployment.One("Microsoft.KeyVault/vaults").Text("properties.networkAcls.defaultAction").ShouldBe("Deny");
        }

        Deployments
            .SelectMany(deployment => deployment.Resources.SelectMany(resource => resource.Texts()))
            .Concat(BicepFiles.Literals())
            .Where(text => EveryAddress().IsMatch(text))
            .ShouldBeEmpty();
        Deployment
            .Prod.Resources.Where(resource => resource.Find("properties.publicNetworkAccess") is not null)
            .Select(resource => (resource.Text("type"), resource.Text("properties.publicNetworkAccess")))
            .ShouldBe(
                [
                    ("Microsoft.ServiceBus/namespaces", "Disabled"),
                    ("Microsoft.Sql/servers", "Disabled"),
                    ("Microsoft.KeyVault/vaults", "Disabled"),
                ],
                ignoreOrder: true
            );
    }

    [BicepFact]
    public void Passwords_and_shared_keys_are_disabled()
    {
        foreach (var deployment in Deployments)
        {
            IsTrue(deployment, "Microsoft.Sql/servers", "administrators.azureADOnlyAuthentication");
            IsTrue(deployment, "Microsoft.ServiceBus/namespaces", "disableLocalAuth");
            IsTrue(deployment, "Microsoft.KeyVault/vaults", "enableRbacAuthorization");
            IsTrue(deployment, "Microsoft.Insights/components", "DisableLocalAuth");
        }

        Deployments
            .SelectMany(deployment => deployment.Resources.SelectMany(resource => resource.Members()))
            .Concat(Deployment.Main.Members())
            .Select(member => member.Name)
            .Where(name =>
                name is "administratorLogin" or "administratorLoginPassword" or "accessPolicies" or "adminUserEnabled"
            )
            .ShouldBeEmpty();
    }

    [BicepFact]
    public void The_vault_of_the_key_ring_cannot_be_purged()
    {
        foreach (var deployment in Deployments)
        {
            IsTrue(deployment, "Microsoft.KeyVault/vaults", "enableSoftDelete");
            IsTrue(deployment, "Microsoft.KeyVault/vaults", "enablePurgeProtection");
        }
    }

    [BicepFact]
    public void No_parameter_output_or_text_is_a_secret()
    {
        // Parameters and outputs of the template and of all modules in it.
        var named = Deployment
            .Main.Members()
            .Where(member => member.Name is "parameters" or "outputs")
            .SelectMany(member => member.Value.EnumerateObject())
            .ToArray();

        named.Length.ShouldBeGreaterThan(50);
        named.Where(declaration => SecretName().IsMatch(declaration.Name)).ShouldBeEmpty();
        named
            .Where(declaration =>
                declaration.Value.Text("type")?.StartsWith("secure", StringComparison.Ordinal) == true
            )
            .ShouldBeEmpty();
        BicepFiles.Literals().Where(text => SecretText().IsMatch(text)).ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_key_for_the_logs_of_the_environment_is_read() =>
        BicepFiles
            .Templates.SelectMany(path =>
                LookUp().Matches(BicepFiles.Read(path)).Select(match => $"{path}: {match.Groups["name"].Value}")
            )
            .ShouldBe(["modules/container-environment.bicep: listKeys"]);

    private static void IsTrue(Deployment deployment, string type, string property) =>
        deployment.One(type).At($"properties.{property}").GetBoolean().ShouldBeTrue();

    private static string RoleOf(string definition) => definition[(definition.LastIndexOf('/') + 1)..];

    /// <summary>The type of the resource on which a role is assigned: every other word after the provider.</summary>
    private static string ScopeOf(string id)
    {
        var scope = Scope().Match(id).Groups["scope"].Value.Split('/');
        return string.Join('/', scope.Skip(1).Where((_, index) => index % 2 == 0).Prepend(scope[0]));
    }

    [GeneratedRegex(@"^\[extensionResourceId\('/subscriptions/[^']*/providers/(?<scope>[^']+)'")]
    private static partial Regex Scope();

    /// <summary>The address 0.0.0.0, or a range of all addresses.</summary>
    [GeneratedRegex(@"(?<![\d.])0\.0\.0\.0|[\d:]/0(?!\d)")]
    private static partial Regex EveryAddress();

    [GeneratedRegex(@"\b(?<name>list\w*)\(")]
    private static partial Regex LookUp();

    [GeneratedRegex("(?i:password|secret|connectionString|token|key$)", RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        @"(?i:password|pwd|accountkey|sharedaccesskey|sig)=|^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9+/_-]{40,}={0,2}$",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex SecretText();
}
