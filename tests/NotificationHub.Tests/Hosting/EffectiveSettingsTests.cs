using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting;
using NotificationHub.Tests.Documents;

namespace NotificationHub.Tests.Hosting;

public sealed class EffectiveSettingsTests
{
    private const string Password = "Pa55word";

    private static readonly Lazy<IReadOnlyList<EffectiveSetting>> All = new(() =>
        Read(
            "--Intake:MaxConnections=17",
            "--Retention:Events=3.00:00:00",
            "--ServiceBus:ConnectionString=Endpoint=sb://a/;SharedAccessKeyName=a;SharedAccessKey=Pa55word",
            "--KeyRing:CertificatePassword=Pa55word",
            "--Auth:ApiKeys:0:Name=team",
            "--Auth:ApiKeys:0:Sha256=Pa55word",
            "--Auth:ApiKeys:0:Topics:0=users",
            "--Apple:BaseUrl=https://user:Pa55word@proxy.example.com/"
        )
    );

    [Theory]
    [InlineData("Intake:MaxConnections", "17", "command line")]
    [InlineData("Retention:Events", "3.00:00:00", "command line")]
    [InlineData("Auth:ApiKeys:0:Name", "team", "command line")]
    [InlineData("Refetch:MaxAttempts", "5", EffectiveSettings.Default)]
    [InlineData("Admin:Urls", null, EffectiveSettings.Default)]
    [InlineData("Storage:MigrateOnStart", "true", EffectiveSettings.Default)]
    public void A_setting_has_a_value_and_a_source(string name, string? value, string source) =>
        All.Value.ShouldContain(new EffectiveSetting(name, value, source));

    [Theory]
    [InlineData("ServiceBus:ConnectionString")]
    [InlineData("KeyRing:CertificatePassword")]
    [InlineData("Auth:ApiKeys:0:Sha256")]
    [InlineData("Apple:BaseUrl")]
    public void A_secret_is_masked(string name) =>
        All.Value.Single(setting => setting.Name == name).Value.ShouldBe(EffectiveSettings.Mask);

    [Fact]
    public void No_value_contains_the_password() =>
        All.Value.Where(setting => setting.Value?.Contains(Password) == true).ShouldBeEmpty();

    [Fact]
    public void Every_documented_setting_is_listed()
    {
        var names = All.Value.Select(setting => setting.Name).ToHashSet();

        Setting
            .All.Select(setting => setting.Name)
            .Where(name =>
                !name.Contains(":N", StringComparison.Ordinal)
                && !name.StartsWith("Auth:Entra:", StringComparison.Ordinal)
            )
            .Where(name => !names.Contains(name))
            .ShouldBeEmpty();
    }

    private static IReadOnlyList<EffectiveSetting> Read(params string[] args)
    {
        using var services = HubApplication.Compose(args).Services.BuildServiceProvider();
        return [.. services.GetRequiredService<EffectiveSettings>().Read().SelectMany(section => section.Settings)];
    }
}
