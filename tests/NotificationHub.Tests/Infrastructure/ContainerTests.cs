using System.Globalization;
using System.Text.Json;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Telemetry;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The settings and probes of the container app.</summary>
public sealed class ContainerTests
{
    // Read by the host, by Azure.Identity, by OpenTelemetry and by Azure Monitor's exporter.
    private static readonly string[] NotTheHubs =
    [
        "ASPNETCORE_HTTP_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED",
        "AZURE_CLIENT_ID",
        "OTEL_SERVICE_NAME",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "Logging__Console__LogLevel__Default",
        AzureMonitorExport.ConnectionString,
        AzureMonitorExport.Authentication,
        .. AzureMonitorExport.EnvironmentVariables,
    ];

    [BicepFact]
    public void Every_setting_is_one_that_the_hub_knows()
    {
        // Includes the settings of the admin API and a setting of a parameter file.
        var settings = Deployment.ContainerApp.Environment;

        settings["Auth__Entra__Audience"].ShouldBe("api://notification-hub");
        settings["Refetch__RequestsPerSecond"].ShouldBe("5");
        settings.Keys.Except(NotTheHubs).Where(setting => !HubSettings.IsKnown(setting)).ShouldBeEmpty();
        NotTheHubs.Except(settings.Keys).ShouldBeEmpty();
    }

    [BicepFact]
    public void The_hub_knows_the_settings_of_the_parameter_files()
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
    public void Settings_are_known_by_the_options_classes(string setting, bool known) =>
        HubSettings.IsKnown(setting).ShouldBe(known);

    [BicepFact]
    public void The_hub_connects_to_the_database_with_its_identity()
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
    public void Probes_use_the_port_that_the_hub_listens_on()
    {
        var port = Probes().Select(probe => probe.At("httpGet.port").GetInt32()).Distinct().ShouldHaveSingleItem();

        Deployment
            .Dev.Environment["Admin__Urls"]
            .ShouldBe($"http://+:{port}", "a flood from the internet does not reach it");
        Probes()
            .Select(probe => $"{probe.Text("type")} {probe.Text("httpGet.path")}")
            .ShouldBe(["Startup /health/live", "Liveness /health/live", "Readiness /health/ready"]);
        // The maximum of Container Apps.
        Probes()
            .ShouldAllBe(probe =>
                probe.At("failureThreshold").GetInt32() >= 1 && probe.At("failureThreshold").GetInt32() <= 10
            );
    }

    [BicepFact]
    public void A_probe_waits_longer_than_the_hub_waits_for_the_database()
    {
        foreach (var probe in Probes())
        {
            Seconds(probe, "timeoutSeconds")
                .ShouldBeGreaterThan(DatabaseReadiness.Timeout + TimeSpan.FromSeconds(1), probe.Text("type"));
        }
    }

    [BicepFact]
    public void A_stopping_replica_takes_deliveries_until_its_readiness_probe_has_failed()
    {
        var probe = Probes().Single(probe => probe.Text("type") == "Readiness");
        var removal =
            (Seconds(probe, "periodSeconds") * probe.At("failureThreshold").GetInt32())
            + Seconds(probe, "timeoutSeconds");

        TimeSpan
            .Parse(Deployment.Dev.Environment["Hosting__DrainDelay"]!, CultureInfo.InvariantCulture)
            .ShouldBeGreaterThanOrEqualTo(removal);
        DrainSetup.DefaultLength.ShouldBeGreaterThanOrEqualTo(removal, "the default fits these probes");
    }

    [BicepFact]
    public void There_are_at_least_two_replicas()
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
    public void Azure_issues_the_certificate_of_a_custom_domain_in_the_first_deployment()
    {
        const string Type = "Microsoft.App/managedEnvironments/managedCertificates";
        var domain = Deployment.Prod.Hub.At("properties.configuration.ingress.customDomains.0");
        var certificate = Deployment.Prod.One(Type);

        (domain.Text("name"), domain.Text("bindingType"), domain.Text("certificateId")).ShouldBe(
            ("hub.example.com", "Auto", null)
        );
        certificate.Text("properties.subjectName").ShouldBe("hub.example.com");
        // Azure issues it only if an app has the name.
        Deployment
            .Main.At("resources.containerApp.properties.template.resources")
            .EnumerateArray()
            .Single(resource => resource.Text("type") == Type)
            .Texts("dependsOn")
            .ShouldContain("[resourceId('Microsoft.App/containerApps', parameters('name'))]");
        Deployment.Prod.Outputs.Text("publicUrl").ShouldBe("https://hub.example.com");
        Deployment.Prod.Environment["Publishing__PublicUrl"].ShouldBe("https://hub.example.com");
        // The values of the DNS records are known before the hub is deployed.
        Deployment.WithoutHub.Outputs.Text("defaultHost")!.ShouldContain("nhub-dev-hub");
        Deployment.WithoutHub.Outputs.Text("domainVerificationId")!.ShouldContain("customDomainVerificationId");

        Deployment.Dev.OfType(Type).ShouldBeEmpty();
        Deployment.ContainerApp.OfType(Type).ShouldBeEmpty("the parameters name a certificate");
        Deployment
            .ContainerApp.Hub.Text("properties.configuration.ingress.customDomains.0.bindingType")
            .ShouldBe("SniEnabled");
    }

    [BicepFact]
    public void A_share_of_the_traces_and_each_log_line_are_ingested_once()
    {
        var (dev, prod) = (Deployment.Dev.Environment, Deployment.Prod.Environment);

        prod["OTEL_TRACES_SAMPLER"].ShouldBe("traceidratio");
        (dev["OTEL_TRACES_SAMPLER_ARG"], prod["OTEL_TRACES_SAMPLER_ARG"]).ShouldBe(("1", "0.1"));
        // Lines below this level go to Application Insights only.
        prod["Logging__Console__LogLevel__Default"].ShouldBe("Warning");
        prod.Keys.ShouldNotContain("Logging__LogLevel__Default");
    }

    [BicepFact]
    public void Commands_run_in_a_job_with_the_image_the_identity_and_the_settings_of_the_hub()
    {
        foreach (var deployment in (Deployment[])[Deployment.Dev, Deployment.Prod])
        {
            var job = deployment.One("Microsoft.App/jobs");
            var (ofJob, ofHub) = (
                job.At("properties.template.containers.0"),
                deployment.Hub.At("properties.template.containers.0")
            );

            Same(job, deployment.Hub, "identity");
            Same(job, deployment.Hub, "properties.environmentId");
            Same(job, deployment.Hub, "properties.configuration.registries");
            Same(ofJob, ofHub, "image");
            Same(ofJob, ofHub, "env");
            Same(ofJob, ofHub, "resources");
            job.Text("properties.configuration.triggerType").ShouldBe("Manual");
            job.At("properties.configuration.replicaRetryLimit").GetInt32().ShouldBe(0, "a command runs once");
            ofJob.Texts("args").ShouldBe(["doctor"], "a start without arguments changes nothing");
        }

        static void Same(JsonElement one, JsonElement other, string path) =>
            JsonElement.DeepEquals(one.At(path), other.At(path)).ShouldBeTrue(path);
    }

    [BicepFact]
    public void The_job_is_deployed_before_the_hub_and_pulls_its_image_from_the_registry()
    {
        var registry = Deployment
            .WithoutHub.One("Microsoft.App/jobs")
            .At("properties.configuration.registries")
            .EnumerateArray()
            .ShouldHaveSingleItem();

        registry.Text("server").ShouldBe("contoso.azurecr.io");
        registry.Text("identity").ShouldEndWith("/userAssignedIdentities/nhub-dev-hub");
    }

    [BicepFact]
    public void A_replica_has_no_other_container() =>
        Deployment
            .Dev.Hub.At("properties.template.containers")
            .EnumerateArray()
            .Select(container => container.Text("name"))
            .ShouldBe(["hub"]);

    [BicepFact]
    public void A_replica_that_listens_is_seen_within_five_seconds()
    {
        var startup = Probes().Single(probe => probe.Text("type") == "Startup");

        startup.At("periodSeconds").GetInt32().ShouldBe(5);
        startup.TryGetProperty("initialDelaySeconds", out _).ShouldBeFalse();
        // A start on a busy node takes longer; 10 is the maximum of Container Apps.
        startup.At("failureThreshold").GetInt32().ShouldBe(10);
    }

    [BicepFact]
    public void Everything_but_the_hub_can_be_deployed_first()
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
                    "Microsoft.Insights/webtests",
                ],
                ignoreOrder: true
            );
        Deployment.WithoutHub.Outputs.Text("publicUrl").ShouldBe("");
        // An output of a module that is not deployed fails the deployment.
        Deployment
            .Main.Texts()
            .ShouldNotContain(text => text.Contains("reference('alerts')", StringComparison.Ordinal));
    }

    private static TimeSpan Seconds(JsonElement probe, string name) => TimeSpan.FromSeconds(probe.At(name).GetInt32());

    private static JsonElement[] Probes() =>
        [.. Deployment.Dev.Hub.At("properties.template.containers.0.probes").EnumerateArray()];

    /// <summary>The expression for a property that only Azure knows.</summary>
    private static string Reference(string type, string property)
    {
        var resource = Deployment.Dev.One(type);
        return $"[reference('{resource.Text("id")}', '{resource.Text("apiVersion")}').{property}]";
    }
}
