using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>What the container is given, is what the hub reads.</summary>
public sealed class ContainerTests
{
    private static readonly BicepFile File = BicepFolder.Module("container-app");

    private static readonly ObjectExpression Properties = (ObjectExpression)
        File[BicepDeclarationKind.Resource, "app"].Body["properties"];

    private static readonly ObjectExpression Collector = (ObjectExpression)
        BicepFolder.Module("collector")[BicepDeclarationKind.Resource, "app"].Body["properties"];

    // Read by the host, by Azure.Identity and by OpenTelemetry.
    private static readonly string[] NotTheHubs =
    [
        "ASPNETCORE_HTTP_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED",
        "AZURE_CLIENT_ID",
        "OTEL_SERVICE_NAME",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    ];

    [Fact]
    public void Every_setting_is_one_that_the_hub_knows()
    {
        var settings = Settings().Select(setting => setting.Name).ToArray();

        settings.ShouldBeUnique();
        settings.Except(NotTheHubs).Where(setting => !HubSettings.IsKnown(setting)).ShouldBeEmpty();
        NotTheHubs.Except(settings).ShouldBeEmpty();
    }

    [Fact]
    public void The_settings_of_a_parameter_file_are_such_as_well()
    {
        foreach (var file in BicepFolder.ParameterFiles)
        {
            file.Of(BicepDeclarationKind.Param)
                .Where(parameter => parameter.Name == "settings")
                .SelectMany(parameter => ((ObjectExpression)parameter.Value!).Members)
                .Where(setting => !HubSettings.IsKnown(setting.Name!))
                .ShouldBeEmpty(file.Path);
        }
    }

    [Theory]
    [InlineData("Storage__Provider", true)]
    [InlineData("Admin__Entra__Audience", true)]
    [InlineData("Consumers__ApiKeys__0__Sha256", true)]
    [InlineData("ServiceBus__Transport", true)]
    [InlineData("Storage__Providers", false)]
    [InlineData("Storage", false)]
    [InlineData("Storage__Provider__Name", false)]
    [InlineData("Stores__Provider", false)]
    public void A_setting_is_looked_up_in_the_options(string setting, bool known) =>
        HubSettings.IsKnown(setting).ShouldBe(known);

    [Fact]
    public void The_database_is_entered_with_the_identity()
    {
        Value("Storage__Provider").Text.ShouldBe("SqlServer");
        var text = Value("Storage__ConnectionString").ShouldBeOfType<TextExpression>();
        string.Concat(text.Literals).ShouldContain(";Authentication=Active Directory Default;");
        Value("AZURE_CLIENT_ID").ShouldBeOfType<NameExpression>().Name.ShouldBe("identityClientId");
    }

    [Fact]
    public void The_key_ring_is_wrapped_by_the_key_that_the_identity_may_wrap_with()
    {
        Value("Locations__KeyRingKeyVaultKey").ShouldBeOfType<NameExpression>().Name.ShouldBe("keyRingKeyUri");
        BicepNames.Outputs(BicepFolder.Main).ShouldContain(("keyVault", "keyRingKeyUri"));

        var vault = BicepFolder.Module("key-vault");
        var key = vault[BicepDeclarationKind.Resource, "keyRingKey"].Body;
        key.Find("properties.kty")!.Text.ShouldBe("RSA");
        key.Find("properties.keyOps")
            .ShouldBeOfType<ArrayExpression>()
            .Items.Select(operation => operation.Text)
            .ShouldBe(["wrapKey", "unwrapKey"]);
        // With a version the hub would go on wrapping with that one after a rotation.
        var output = vault[BicepDeclarationKind.Output, "keyRingKeyUri"].Value!;
        output.ShouldBeOfType<MemberExpression>().Member.ShouldBe("keyUri");
    }

    [Fact]
    public void It_is_probed_where_it_listens()
    {
        var port = File[BicepDeclarationKind.Var, "port"].Value.ShouldBeOfType<ConstantExpression>().Value;
        new BicepEvaluator(File, new Dictionary<string, object?>())
            .Evaluate(Properties.Find("configuration.ingress.targetPort")!)
            .ShouldBe(port);
        BicepNames.Free(Value("ASPNETCORE_HTTP_PORTS")).ShouldBe(["port"]);

        Probes().ShouldBe(["Startup /health/live", "Liveness /health/live", "Readiness /health/ready"]);
    }

    [Fact]
    public void Two_replicas_are_the_fewest()
    {
        Properties.Find("template.scale.minReplicas").ShouldBeOfType<NameExpression>().Name.ShouldBe("minReplicas");
        var lowest = BicepFolder
            .Main[BicepDeclarationKind.Param, "minReplicas"]
            .Decorators.Single(decorator => decorator.Function == "minValue");
        lowest.Arguments[0].ShouldBeOfType<ConstantExpression>().Value.ShouldBe(2L);
        Properties
            .Find("template.scale.rules")
            .ShouldBeOfType<ArrayExpression>()
            .Items.Cast<ObjectExpression>()
            .ShouldContain(rule => rule.Find("http.metadata.concurrentRequests") != null);
    }

    [Fact]
    public void Telemetry_goes_where_the_collector_listens()
    {
        Value("OTEL_EXPORTER_OTLP_ENDPOINT").ShouldBeOfType<NameExpression>().Name.ShouldBe("collectorEndpoint");
        BicepNames.Outputs(BicepFolder.Main).ShouldContain(("collector", "endpoint"));

        var ingress = (ObjectExpression)Collector.Find("configuration.ingress")!;
        ingress["external"].ShouldBeOfType<ConstantExpression>().Value.ShouldBe(false);
        ingress["transport"].Text.ShouldBe("http2", "it takes gRPC");
        var port = ingress["targetPort"].ShouldBeOfType<ConstantExpression>().Value;
        BicepFolder.Read("collector.yaml").ShouldContain($"endpoint: 0.0.0.0:{port}\n");
        Collector.Find("template.scale.minReplicas").ShouldBeOfType<ConstantExpression>().Value.ShouldBe(1L);
    }

    [Fact]
    public void Whether_a_replica_is_ready_is_for_the_hub_alone_to_say()
    {
        ContainersOf(Properties).ShouldBe(["hub"]);
        ContainersOf(Collector).ShouldBe(["collector"]);
    }

    [Fact]
    public void What_runs_in_the_collector_cannot_be_the_hub()
    {
        var pulling = Collector
            .Find("configuration.identitySettings")!
            .All()
            .OfType<ObjectExpression>()
            .ShouldHaveSingleItem();

        pulling["identity"].ShouldBeOfType<NameExpression>().Name.ShouldBe("pullIdentityId");
        pulling["lifecycle"].Text.ShouldBe("None");
    }

    [Fact]
    public void A_start_has_the_longest_time_that_there_is_for_its_migrations()
    {
        var startup = ProbesOf().Single(probe => probe["type"].Text == "Startup");

        // More is refused by Container Apps.
        startup["periodSeconds"].ShouldBeOfType<ConstantExpression>().Value.ShouldBe(240L);
        startup["failureThreshold"].ShouldBeOfType<ConstantExpression>().Value.ShouldBe(10L);
    }

    [Fact]
    public void All_but_the_hub_can_be_deployed_before_the_database_lets_it_in()
    {
        foreach (var module in BicepFolder.Main.Of(BicepDeclarationKind.Module))
        {
            var waits = module.Value is IfExpression choice && BicepNames.Free(choice.Condition).Contains("withHub");
            waits.ShouldBe(module.Name is "containerApp" or "alerts", module.Name);
        }

        // What is asked of a module that is not deployed fails the deployment.
        BicepFolder
            .Main.Expressions()
            .OfType<OperatorExpression>()
            .Where(choice => choice.Operator == "?" && BicepNames.Free(choice.Operands[0]).SequenceEqual(["withHub"]))
            .Count(choice => BicepNames.Free(choice.Operands[1]).SequenceEqual(["containerApp"]))
            .ShouldBe(
                BicepNames.Outputs(BicepFolder.Main).Count(output => output.Module is "containerApp" or "alerts")
            );
    }

    private static IEnumerable<string?> ContainersOf(ObjectExpression properties) =>
        properties
            .Find("template.containers")
            .ShouldBeOfType<ArrayExpression>()
            .Items.Select(container => ((ObjectExpression)container)["name"].Text);

    private static IEnumerable<ObjectExpression> ProbesOf() =>
        Properties
            .Find("template.containers")
            .ShouldBeOfType<ArrayExpression>()
            .Items.Cast<ObjectExpression>()
            .Single()["probes"]
            .ShouldBeOfType<ArrayExpression>()
            .Items.Cast<ObjectExpression>();

    private static IEnumerable<string> Probes() =>
        ProbesOf()
            .Select(probe =>
            {
                probe.Find("httpGet.port").ShouldBeOfType<NameExpression>().Name.ShouldBe("port");
                // More is refused by Container Apps.
                probe["failureThreshold"]
                    .ShouldBeOfType<ConstantExpression>()
                    .Value.ShouldBeOneOf([.. Enumerable.Range(1, 10).Select(count => (object?)(long)count)]);
                return $"{probe["type"].Text} {probe.Find("httpGet.path")!.Text}";
            });

    private static BicepExpression Value(string setting) => Settings().Single(own => own.Name == setting).Value;

    private static IEnumerable<(string Name, BicepExpression Value)> Settings() =>
        ((string[])["hubSettings", "adminSettings"])
            .SelectMany(variable => File[BicepDeclarationKind.Var, variable].Value!.All())
            .OfType<ObjectExpression>()
            .Select(setting => (setting["name"].Text!, setting["value"]));
}
