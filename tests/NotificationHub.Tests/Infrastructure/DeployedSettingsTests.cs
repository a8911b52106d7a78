using NotificationHub.Hosting;
using NotificationHub.Telemetry;
using NotificationHub.Tests.Locations.KeyRing;
using YamlDotNet.RepresentationModel;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The hub accepts the settings of each deployment.</summary>
public sealed class DeployedSettingsTests
{
    // Read only from the environment, by libraries.
    private static readonly string[] NotOnACommandLine =
    [
        "AZURE_CLIENT_ID",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED",
        .. AzureMonitorExport.EnvironmentVariables,
    ];

    [Fact]
    public void The_hub_accepts_the_settings_of_the_image() => ErrorsOf(ImageFile.Environment).ShouldBeEmpty();

    [Fact]
    public void The_hub_accepts_the_settings_of_the_compose_file_and_the_image()
    {
        using var folder = new TemporaryFolder();
        var settings = OfCompose();
        // Compose mounts the file of its secret there.
        settings["KeyRing__CertificateFile"].ShouldBe("/run/secrets/key_ring");
        settings["KeyRing__CertificateFile"] = TestCertificate.WritePfx(folder, "key-ring", "Only-4-tests");

        ErrorsOf(settings).ShouldBeEmpty();
    }

    [BicepFact]
    public void The_hub_accepts_the_settings_of_the_Azure_deployment_and_the_image() =>
        ErrorsOf(OfAzure()).ShouldBeEmpty();

    [BicepFact]
    public void A_deployment_without_a_certificate_for_the_keys_is_rejected()
    {
        var settings = OfAzure();
        settings.Remove("KeyRing__KeyVaultCertificate");

        ErrorsOf(settings).ShouldHaveSingleItem().ShouldContain("a certificate must protect it");
    }

    private static Dictionary<string, string> OfCompose() =>
        With(
            RepositoryFiles
                .Yaml("compose.yaml")
                .Members("services", "hub", "environment")
                .Select(setting =>
                    KeyValuePair.Create(
                        setting.Name,
                        ((YamlScalarNode)setting.Value)
                            .Value!.Replace(
                                "${SQL_SA_PASSWORD:?set it to a password for SQL Server}",
                                "Only-4-tests",
                                StringComparison.Ordinal
                            )
                            .Replace(
                                "${KEY_RING_PASSWORD:?set it to the password of key-ring.pfx}",
                                "Only-4-tests",
                                StringComparison.Ordinal
                            )
                    )
                ),
            ImageFile.Environment
        );

    private static Dictionary<string, string> OfAzure() =>
        With(
            Deployment.ContainerApp.Environment.Select(setting =>
                KeyValuePair.Create(
                    setting.Key,
                    // Only Azure knows this value.
                    setting.Key == AzureMonitorExport.ConnectionString
                        ? "InstrumentationKey=0f8fad5b-d9cb-469f-a165-70867728950e;IngestionEndpoint=https://eu.example.com/"
                        : setting.Value!
                )
            ),
            ImageFile.Environment
        );

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

    private static IReadOnlyList<string> ErrorsOf(IReadOnlyDictionary<string, string> settings)
    {
        var hub = HubApplication.Compose([
            "--environment=Production",
            .. settings
                .Where(setting => !NotOnACommandLine.Contains(setting.Key))
                .Select(setting => $"--{NameOf(setting.Key)}={setting.Value}"),
        ]);
        try
        {
            hub.ThrowIfInvalid();
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Errors;
        }
    }

    // As the host reads its environment.
    private static string NameOf(string variable) =>
        variable.Replace("ASPNETCORE_", "", StringComparison.Ordinal).Replace("__", ":", StringComparison.Ordinal);
}
