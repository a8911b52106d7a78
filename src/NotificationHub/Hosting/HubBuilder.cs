using FluentValidation;
using Microsoft.Extensions.Options;

namespace NotificationHub.Hosting;

internal sealed class ConfigurationException(IReadOnlyList<string> errors)
    : Exception($"The settings are invalid:{Environment.NewLine}{string.Join(Environment.NewLine, errors)}")
{
    public IReadOnlyList<string> Errors => errors;
}

/// <summary>The host's builder, which collects the errors of all settings.</summary>
internal sealed class HubBuilder(WebApplicationBuilder host)
{
    private readonly List<string> errors = [];
    private readonly List<string> sections = [];
    private readonly Dictionary<Type, object> bound = [];

    public WebApplicationBuilder Host => host;

    public IServiceCollection Services => host.Services;

    public IConfiguration Configuration => host.Configuration;

    public IHostEnvironment Environment => host.Environment;

    public IReadOnlyList<string> Sections => sections;

    /// <summary>Adds settings that a library reads, so that they are not reported as unknown.</summary>
    public void AddLibrarySettings(params IEnumerable<string> names) => sections.AddRange(names);

    public void AddError(string setting, string error) => errors.Add($"  {setting}: {error}");

    /// <summary>Binds, validates and registers a section; unknown members are errors.</summary>
    public TOptions AddOptions<TOptions>(string section, IValidator<TOptions>? validator = null)
        where TOptions : class, new()
    {
        sections.Add(section);
        var configured = Configuration.GetSection(section);
        (string Name, string Error)[] invalid = [.. SettingValues.FindErrors(typeof(TOptions), configured)];
        foreach (var (name, error) in invalid)
        {
            AddError(name, error);
        }

        var options = new TOptions();
        // Without the invalid settings, so that the others are validated, too.
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                configured
                    .AsEnumerable()
                    .Where(pair => pair.Value is not null && !invalid.Any(one => IsIn(one.Name, pair.Key)))
            )
            .Build()
            .GetSection(section)
            .Bind(options);
        foreach (var failure in validator?.Validate(options).Errors ?? [])
        {
            AddError($"{section}:{NameOf(failure.PropertyName)}", failure.ErrorMessage);
        }

        bound[typeof(TOptions)] = options;
        Services.AddSingleton(Options.Create(options));
        Services.AddSingleton(new BoundSection(section, options));
        return options;
    }

    public TOptions OptionsOf<TOptions>()
        where TOptions : class => (TOptions)bound[typeof(TOptions)];

    public void ThrowIfInvalid()
    {
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }
    }

    private static bool IsIn(string section, string setting) =>
        setting.Equals(section, StringComparison.OrdinalIgnoreCase)
        || setting.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase);

    // The validator writes ApiKeys[0].Name; the settings are named ApiKeys:0:Name.
    private static string NameOf(string property) =>
        property
            .Replace("[", ":", StringComparison.Ordinal)
            .Replace("]", "", StringComparison.Ordinal)
            .Replace(".", ":", StringComparison.Ordinal);
}

/// <summary>Rejects settings that are unsafe in Development, which opens data to callers on this machine.</summary>
internal static class DevelopmentRules
{
    private const string ForwardedHeaders = "ForwardedHeaders_Enabled";

    // The host enables forwarded headers for exactly this value, and then trusts any caller that claims a loopback address.
    public static void RejectForwardedHeadersInDevelopment(this HubBuilder hub)
    {
        if (
            hub.Environment.IsDevelopment()
            && string.Equals(hub.Configuration[ForwardedHeaders], "true", StringComparison.OrdinalIgnoreCase)
        )
        {
            hub.AddError(
                $"ASPNETCORE_{ForwardedHeaders.ToUpperInvariant()}",
                "must not be true in Development, which opens /admin, /events and /snapshot to this machine: with forwarded headers "
                    + "any remote caller can claim to be local. Set ASPNETCORE_ENVIRONMENT=Production, or remove this setting"
            );
        }
    }
}
