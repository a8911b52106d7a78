using System.Text.Json;
using NotificationHub.Telemetry;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>What the container is given, is what the hub reads.</summary>
public sealed class ContainerTests
{
    // Read by the host, by Azure.Identity, by OpenTelemetry and by Azure Monitor's exporter.
    private static readonly string[] NotTheHubs =
    [
        "ASPNETCORE_HTTP_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED",
        "AZURE_CLIENT_ID",
        "OTEL_SERVICE_NAME",
        AzureMonitorExport.ConnectionString,
        AzureMonitorExport.Authentication,
        .. AzureMonitorExport.EnvironmentVariables,
    ];

    [BicepFact]
    public void Every_setting_is_one_that_the_hub_knows()
    {
        // With those for the admin API, and with a setting of a parameter file.
        var settings = Deployment.ContainerApp.Environment;

        settings["Auth__Entra__Audience"].ShouldBe("api://notification-hub");
        settings["Refetch__RequestsPerSecond"].ShouldBe("5");
        settings.Keys.Except(NotTheHubs).Where(setting => !HubSettings.IsKnown(setting)).ShouldBeEmpty();
        NotTheHubs.Except(settings.Keys).ShouldBeEmpty();
    }

    [BicepFact]
    public void The_settings_of_a_parameter_file_are_such_as_well()
    {
        foreach (var deployment in (Deployment[])[Deployment.Dev, Deployment.Prod])
        {
            deployment
                .Environment.Keys.Except(NotTheHubs)
                .Where(setting => !HubSettings.IsKnown(setting))
                .ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("Storage__Provider", true)]
    [InlineData("Auth__Entra__Audience", true)]
    [InlineData("Auth__ApiKeys__0__Sha256", true)]
    [InlineData("ServiceBus__UseWebSockets", true)]
    [InlineData("Storage__Providers", false)]
    [InlineData("Storage", false)]
    [InlineData("Storage__Provider__Name", false)]
    [InlineData("Stores__Provider", false)]
    public void A_setting_is_looked_up_in_the_options(string setting, bool known) =>
        HubSettings.IsKnown(setting).ShouldBe(known);

    [BicepFact]
    public void The_database_is_entered_with_the_identity()
    {
        var settings = Deployment.Dev.Environment;

        settings["Storage__Provider"].ShouldBe("SqlServer");
        settings["Storage__ConnectionString"]!.ShouldContain(";Authentication=Active Directory Default;");
        settings["AZURE_CLIENT_ID"].ShouldBe(Reference("Microsoft.ManagedIdentity/userAssignedIdentities", "clientId"));
    }

    [BicepFact]
    public void The_newest_version_of_the_vaults_certificate_protects_the_keys()
    {
        var vault = Reference("Microsoft.KeyVault/vaults", "vaultUri").Trim('[', ']');

        Deployment
            .Dev.Environment["KeyRing__KeyVaultCertificate"]
            .ShouldBe($"[format('{{0}}certificates/key-ring', {vault})]");
    }

    [BicepFact]
    public void It_is_probed_where_it_listens()
    {
        var port = Deployment.Dev.Hub.At("properties.configuration.ingress.targetPort").GetInt32();

        Deployment.Dev.Environment["ASPNETCORE_HTTP_PORTS"].ShouldBe($"{port}");
        Probes().ShouldAllBe(probe => probe.At("httpGet.port").GetInt32() == port);
        Probes()
            .Select(probe => $"{probe.Text("type")} {probe.Text("httpGet.path")}")
            .ShouldBe(["Startup /health/live", "Liveness /health/live", "Readiness /health/ready"]);
        // More is refused by Container Apps.
        Probes()
            .ShouldAllBe(probe =>
                probe.At("failureThreshold").GetInt32() >= 1 && probe.At("failureThreshold").GetInt32() <= 10
            );
    }

    [BicepFact]
    public void Two_replicas_are_the_fewest()
    {
        Deployment.Main.At("parameters.minReplicas.minValue").GetInt32().ShouldBe(2);
        Deployment.Dev.Hub.At("properties.template.scale.minReplicas").GetInt32().ShouldBe(2);
        Deployment.Prod.Hub.At("properties.template.scale.minReplicas").GetInt32().ShouldBe(3);
        Deployment
            .Dev.Hub.At("properties.template.scale.rules")
            .EnumerateArray()
            .ShouldContain(rule => rule.Text("http.metadata.concurrentRequests") != null);
    }

    [BicepFact]
    public void Telemetry_goes_to_Application_Insights_with_the_identity_and_no_statistics_go_to_Microsoft()
    {
        var settings = Deployment.Dev.Environment;

        settings[AzureMonitorExport.ConnectionString]
            .ShouldBe(Reference("Microsoft.Insights/components", "ConnectionString"));
        settings[AzureMonitorExport.Authentication].ShouldBe("Authorization=AAD");
        AzureMonitorExport.EnvironmentVariables.ShouldAllBe(name => settings[name] == "true");
    }

    [BicepFact]
    public void Whether_a_replica_is_ready_is_for_the_hub_alone_to_say() =>
        Deployment
            .Dev.Hub.At("properties.template.containers")
            .EnumerateArray()
            .Select(container => container.Text("name"))
            .ShouldBe(["hub"]);

    [BicepFact]
    public void A_start_has_the_longest_time_that_there_is_for_its_migrations()
    {
        var startup = Probes().Single(probe => probe.Text("type") == "Startup");

        // More is refused by Container Apps.
        startup.At("periodSeconds").GetInt32().ShouldBe(240);
        startup.At("failureThreshold").GetInt32().ShouldBe(10);
    }

    [BicepFact]
    public void All_but_the_hub_can_be_deployed_before_the_database_lets_it_in()
    {
        var names = Deployment.WithoutHub.Resources.Select(resource => resource.Text("id")).ToHashSet();

        Deployment
            .Dev.Resources.Where(resource => !names.Contains(resource.Text("id")))
            .Select(resource => resource.Text("type"))
            .Distinct()
            .ShouldBe(
                [
                    "Microsoft.App/containerApps",
                    "Microsoft.Insights/actionGroups",
                    "Microsoft.Insights/scheduledQueryRules",
                    "Microsoft.Insights/metricAlerts",
                ],
                ignoreOrder: true
            );
        Deployment.WithoutHub.Outputs.Text("publicUrl").ShouldBe("");
        // An output of a module that is not deployed fails the deployment.
        Deployment
            .Main.Texts()
            .Where(text => text.Contains("reference('containerApp')", StringComparison.Ordinal))
            .ShouldAllBe(text => text.StartsWith("[if(parameters('withHub'), ", StringComparison.Ordinal));
        Deployment
            .Main.Texts()
            .ShouldNotContain(text => text.Contains("reference('alerts')", StringComparison.Ordinal));
    }

    private static JsonElement[] Probes() =>
        [.. Deployment.Dev.Hub.At("properties.template.containers.0.probes").EnumerateArray()];

    /// <summary>What stands for a property of a resource that only Azure knows.</summary>
    private static string Reference(string type, string property)
    {
        var resource = Deployment.Dev.One(type);
        return $"[reference('{resource.Text("id")}', '{resource.Text("apiVersion")}').{property}]";
    }
}
