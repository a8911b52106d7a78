using FluentValidation;
using Microsoft.Extensions.Options;

namespace NotificationHub.Hosting;

/// <summary>The configuration cannot be run with; <see cref="Faults"/> names everything that is wrong with it at once.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> faults)
    : Exception($"The configuration is not usable:{Environment.NewLine}{string.Join(Environment.NewLine, faults)}")
{
    public IReadOnlyList<string> Faults => faults;
}

/// <summary>What each folder's <c>AddX</c> is given: the host's builder, and a place for what is wrong with the settings.</summary>
internal sealed class HubBuilder(WebApplicationBuilder host)
{
    private readonly List<string> faults = [];
    private readonly List<string> sections = [];
    private readonly Dictionary<Type, object> bound = [];

    public WebApplicationBuilder Host => host;

    public IServiceCollection Services => host.Services;

    public IConfiguration Configuration => host.Configuration;

    public IHostEnvironment Environment => host.Environment;

    /// <summary>The sections of settings that the hub's parts read.</summary>
    public IReadOnlyList<string> Sections => sections;

    /// <summary>Adds settings that a library reads, so that they are not reported as unknown.</summary>
    public void AddLibrarySettings(params IEnumerable<string> names) => sections.AddRange(names);

    public void AddFault(string setting, string fault) => faults.Add($"  {setting}: {fault}");

    /// <summary>Binds a section, judges it and registers it; every fault is collected, a member that is not known among them.</summary>
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
            AddFault($"{section}:{failure.PropertyName}", failure.ErrorMessage);
        }

        bound[typeof(TOptions)] = options;
        Services.AddSingleton(Options.Create(options));
        return options;
    }

    /// <summary>The settings of a part that was added before, for rules that span several.</summary>
    public TOptions OptionsOf<TOptions>()
        where TOptions : class => (TOptions)bound[typeof(TOptions)];

    /// <exception cref="ConfigurationException">Something was wrong.</exception>
    public void ThrowIfFaulty()
    {
        if (faults.Count > 0)
        {
            throw new ConfigurationException(faults);
        }
    }

    // A member at a time, so that one that cannot be read does not hide the others.
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
            // The value itself stays out of the message: it may be a secret.
            AddFault(
                $"{section}:{child.Key}",
                known is null
                    ? "there is no such setting; see docs/configuration.md"
                    : $"the value is no {Describe(known.PropertyType)} ({exception.GetType().Name})"
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
            var t when t == typeof(bool) => "true or false",
            var t when t == typeof(Uri) => "URL",
            var t when t.IsEnum => $"such word: {string.Join(" or ", Enum.GetNames(t))}",
            var t => t.Name,
        };
}
