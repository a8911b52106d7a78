using System.Text.RegularExpressions;
using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Who may do what, and from where: no more than the hub needs.</summary>
public sealed partial class AccessTests
{
    private const string ServiceBusDataSender = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
    private const string KeyVaultCryptoServiceEncryptionUser = "e147488a-f6f5-4113-8e2d-b22465e65bf6";
    private const string AcrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

    [Fact]
    public void The_identity_has_three_roles_each_on_the_least_that_it_is_for()
    {
        var assigned = BicepFolder
            .Resources()
            .Where(entry => entry.Resource.ResourceType == "Microsoft.Authorization/roleAssignments")
            .Select(entry => (RoleOf(entry.File, entry.Resource), ScopeOf(entry.File, entry.Resource)));

        assigned.ShouldBe(
            [
                (ServiceBusDataSender, "Microsoft.ServiceBus/namespaces/topics"),
                (KeyVaultCryptoServiceEncryptionUser, "Microsoft.KeyVault/vaults/keys"),
                (AcrPull, "Microsoft.ContainerRegistry/registries"),
            ],
            ignoreOrder: true
        );
    }

    [Fact]
    public void No_other_role_is_spoken_of() =>
        Texts()
            .Where(text => Guid.TryParse(text, out _))
            .ShouldBe([ServiceBusDataSender, KeyVaultCryptoServiceEncryptionUser, AcrPull], ignoreOrder: true);

    [Fact]
    public void A_firewall_rule_lets_in_one_address()
    {
        var rules = BicepFolder
            .Resources()
            .Select(entry => entry.Resource)
            .Where(resource => resource.ResourceType.EndsWith("/firewallRules", StringComparison.Ordinal))
            .ToArray();

        rules.ShouldNotBeEmpty();
        foreach (var rule in rules)
        {
            var item = rule.Value.ShouldBeOfType<ForExpression>().Item;
            NameOf(rule.Body.Find("properties.startIpAddress")!).ShouldBe(item);
            NameOf(rule.Body.Find("properties.endIpAddress")!).ShouldBe(item);
        }
    }

    [Fact]
    public void Nothing_lets_in_everybody()
    {
        string[] texts = [.. Texts(), .. BicepFolder.ParameterFiles.SelectMany(file => TextsOf(file))];
        texts
            .Where(text =>
                text.Contains("0.0.0.0", StringComparison.Ordinal) || text.Contains("/0", StringComparison.Ordinal)
            )
            .ShouldBeEmpty();

        var vault = Resource("key-vault", "vault");
        vault.Find("properties.networkAcls.defaultAction")!.Text.ShouldBe("Deny");
        foreach (var entrance in PublicDoors())
        {
            entrance.ShouldBeOfType<OperatorExpression>().Operands[1].Text.ShouldBe("Disabled");
        }
    }

    [Fact]
    public void Nobody_gets_in_with_a_password_or_a_shared_key()
    {
        IsTrue(Resource("sql", "server").Find("properties.administrators.azureADOnlyAuthentication"));
        IsTrue(Resource("service-bus", "namespace").Find("properties.disableLocalAuth"));
        IsTrue(Resource("key-vault", "vault").Find("properties.enableRbacAuthorization"));
        Members()
            .Where(name =>
                name is "administratorLogin" or "administratorLoginPassword" or "accessPolicies" or "adminUserEnabled"
            )
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_key_of_the_content_tokens_cannot_be_purged()
    {
        IsTrue(Resource("key-vault", "vault").Find("properties.enableSoftDelete"));
        IsTrue(Resource("key-vault", "vault").Find("properties.enablePurgeProtection"));
    }

    [Fact]
    public void No_secret_is_asked_for_told_or_written_down()
    {
        var named = BicepFolder
            .Templates.SelectMany(file => file.Declarations)
            .Where(declaration => declaration.Kind is BicepDeclarationKind.Param or BicepDeclarationKind.Output);

        named.Where(declaration => SecretName().IsMatch(declaration.Name)).ShouldBeEmpty();
        named
            .SelectMany(declaration => declaration.Decorators)
            .Where(decorator => decorator.Function == "secure")
            .ShouldBeEmpty();
        Texts()
            .Concat(BicepFolder.ParameterFiles.SelectMany(TextsOf))
            .Where(text => SecretText().IsMatch(text))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_only_key_that_is_looked_up_is_the_one_that_the_environment_writes_its_logs_with()
    {
        var methods = BicepFolder.Templates.SelectMany(file =>
            file.Expressions().OfType<MethodExpression>().Select(method => $"{file.Path}: {method.Method}")
        );

        methods.ShouldBe(["modules/container-environment.bicep: listKeys"]);
    }

    private static string RoleOf(BicepFile file, BicepDeclaration assignment)
    {
        var call = assignment.Body.Find("properties.roleDefinitionId").ShouldBeOfType<CallExpression>();
        call.Arguments[0].Text.ShouldBe("Microsoft.Authorization/roleDefinitions");
        return file[BicepDeclarationKind.Var, NameOf(call.Arguments[1])].Value!.Text!;
    }

    private static string ScopeOf(BicepFile file, BicepDeclaration assignment)
    {
        var scope = assignment.Body["scope"];
        return file[
            BicepDeclarationKind.Resource,
            NameOf(scope is IndexExpression one ? one.Target : scope)
        ].ResourceType;
    }

    private static IEnumerable<BicepExpression> PublicDoors() =>
        BicepFolder
            .Resources()
            .Where(entry => !entry.Resource.IsExisting)
            .Select(entry => entry.Resource.Body.Find("properties.publicNetworkAccess"))
            .OfType<BicepExpression>();

    private static ObjectExpression Resource(string module, string name) =>
        BicepFolder.Module(module)[BicepDeclarationKind.Resource, name].Body;

    private static void IsTrue(BicepExpression? value) =>
        value.ShouldBeOfType<ConstantExpression>().Value.ShouldBe(true);

    private static string NameOf(BicepExpression expression) => expression.ShouldBeOfType<NameExpression>().Name;

    private static IEnumerable<string> Members() =>
        BicepFolder
            .Templates.SelectMany(file => file.Expressions())
            .OfType<ObjectExpression>()
            .SelectMany(value => value.Members)
            .Select(member => member.Name ?? "");

    private static IEnumerable<string> Texts() => BicepFolder.Templates.SelectMany(TextsOf);

    private static IEnumerable<string> TextsOf(BicepFile file) =>
        file.Expressions().OfType<TextExpression>().SelectMany(text => text.Literals);

    [GeneratedRegex("(?i:password|secret|connectionString|token|key$)", RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        @"(?i:password|pwd|accountkey|sharedaccesskey|sig)=|^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9+/_-]{40,}={0,2}$",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex SecretText();
}
