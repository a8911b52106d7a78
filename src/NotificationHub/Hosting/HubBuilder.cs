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
        var options = new TOptions();
        foreach (var child in host.Configuration.GetSection(section).GetChildren())
        {
            Bind(options, section, child);
        }

        foreach (var failure in validator?.Validate(options).Errors ?? [])
        {
            AddError($"{section}:{failure.PropertyName}", failure.ErrorMessage);
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

    // Binds each member separately, so that one error does not hide others.
    private void Bind<TOptions>(TOptions options, string section, IConfigurationSection child)
    {
        var one = new ConfigurationBuilder()
            .AddInMemoryCollection(
                child
                    .AsEnumerable(makePathsRelative: false)
                    .Where(pair => pair.Value is not null)
                    .Select(pair => KeyValuePair.Create(pair.Key, pair.Value))
            )
            .Build();
        try
        {
            one.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            var known = typeof(TOptions).GetProperty(
                child.Key,
                System.Reflection.BindingFlags.IgnoreCase
                    | System.Reflection.BindingFlags.Public
                    | System.Reflection.BindingFlags.Instance
            );
            // Without the value, which may be a secret.
            AddError(
                $"{section}:{child.Key}",
                known is null
                    ? "unknown setting; see docs/configuration.md"
                    : $"must be a {Describe(known.PropertyType)} ({exception.GetType().Name})"
            );
        }
    }

    private static string Describe(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var t when t == typeof(TimeSpan) || t == typeof(Dictionary<string, TimeSpan>) =>
                "duration such as 00:00:15",
            var t when t == typeof(int) || t == typeof(long) => "whole number",
            var t when t == typeof(double) => "number",
            var t when t == typeof(bool) => "Boolean: true or false",
            var t when t == typeof(Uri) => "URL",
            var t when t.IsEnum => $"value: {string.Join(" or ", Enum.GetNames(t))}",
            var t => t.Name,
        };
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
