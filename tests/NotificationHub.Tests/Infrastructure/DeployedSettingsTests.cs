using NotificationHub.Hosting;
using NotificationHub.Tests.Infrastructure.Bicep;
using YamlDotNet.RepresentationModel;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The hub takes the settings that it is deployed with, as they are there.</summary>
public sealed class DeployedSettingsTests
{
    private static readonly BicepFile ContainerApp = BicepFolder.Module("container-app");

    // Read from the environment alone, by others than the hub.
    private static readonly string[] NotOnACommandLine = ["AZURE_CLIENT_ID", "ASPNETCORE_FORWARDEDHEADERS_ENABLED"];

    [Fact]
    public void Of_the_image() => Faults(ImageFile.Environment).ShouldBeEmpty();

    [Fact]
    public void Of_the_compose_file_over_those_of_the_image() => Faults(OfCompose()).ShouldBeEmpty();

    [Fact]
    public void Of_the_deployment_to_Azure_over_those_of_the_image() =>
        Faults(With(OfBicep("hubSettings"), With(OfBicep("adminSettings"), ImageFile.Environment))).ShouldBeEmpty();

    [Fact]
    public void A_ring_that_nothing_wraps_would_be_seen_here()
    {
        var settings = With(OfBicep("hubSettings"), ImageFile.Environment);
        settings.Remove("Locations__KeyRingKeyVaultKey");

        Faults(settings).ShouldHaveSingleItem().ShouldContain("must be wrapped");
    }

    private static Dictionary<string, string> OfCompose() =>
        With(
            RepositoryFiles
                .Yaml("compose.yaml")
                .Members("services", "hub", "environment")
                .Select(setting =>
                    KeyValuePair.Create(
                        setting.Name,
                        ((YamlScalarNode)setting.Value).Value!.Replace(
                            "${SQL_SA_PASSWORD:?set it to a password for SQL Server}",
                            "Only-4-tests",
                            StringComparison.Ordinal
                        )
                    )
                ),
            ImageFile.Environment
        );

    private static IEnumerable<KeyValuePair<string, string>> OfBicep(string variable) => new BicepEvaluator(
            ContainerApp,
            new Dictionary<string, object?>
            {
                ["name"] = "nhub-test-hub",
                ["customDomain"] = "",
                ["managedEnvironment"] = Having("properties", Having("defaultDomain", "azurecontainerapps.io")),
                ["identityClientId"] = "11111111-1111-1111-1111-111111111111",
                ["collectorEndpoint"] = "https://nhub-test-collector.internal.azurecontainerapps.io",
                ["sqlServerHost"] = "nhub-test-sql.database.windows.net",
                ["databaseName"] = "notificationhub",
                ["serviceBusHost"] = "nhub-test-bus.servicebus.windows.net",
                ["keyRingKeyUri"] = "https://kv-test.vault.azure.net/keys/key-ring",
                ["adminAudience"] = "api://notification-hub",
            }
        ).Variable(variable).ShouldBeOfType<object?[]>().Cast<Dictionary<string, object?>>().Select(setting => KeyValuePair.Create((string)setting["name"]!, (string)setting["value"]!));

    private static Dictionary<string, object?> Having(string name, object? value) => new() { [name] = value };

    private static Dictionary<string, string> With(
        IEnumerable<KeyValuePair<string, string>> settings,
        IReadOnlyDictionary<string, string> under
    )
    {
        var all = new Dictionary<string, string>(under, StringComparer.Ordinal);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return all;
    }

    private static IReadOnlyList<string> Faults(IReadOnlyDictionary<string, string> settings)
    {
        var hub = HubApplication.Compose([
            "--environment=Production",
            .. settings
                .Where(setting => !NotOnACommandLine.Contains(setting.Key))
                .Select(setting => $"--{NameOf(setting.Key)}={setting.Value}"),
        ]);
        try
        {
            hub.ThrowIfFaulty();
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Faults;
        }
    }

    // As the host reads its environment.
    private static string NameOf(string variable) =>
        variable.Replace("ASPNETCORE_", "", StringComparison.Ordinal).Replace("__", ":", StringComparison.Ordinal);
}
