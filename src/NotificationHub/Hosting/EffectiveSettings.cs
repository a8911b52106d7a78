using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace NotificationHub.Hosting;

/// <summary>A section of the settings and the options that it was bound to.</summary>
internal sealed record BoundSection(string Name, object Options);

/// <param name="Name">For example <c>Storage:ConnectionString</c>.</param>
/// <param name="Value">Null if it has none. A secret is masked.</param>
/// <param name="Source">For example <c>appsettings.json</c> or <c>environment</c>.</param>
internal sealed record EffectiveSetting(string Name, string? Value, string Source);

/// <summary>The values that the hub uses, and where each comes from.</summary>
internal sealed partial class EffectiveSettings(IConfiguration configuration, IEnumerable<BoundSection> sections)
{
    public const string Default = "default";

    public const string Mask = "(set, not shown)";

    /// <summary>All settings by section, in the order in which the hub reads them.</summary>
    public IReadOnlyList<(string Section, IReadOnlyList<EffectiveSetting> Settings)> Read() =>
        [.. sections.Select(section => (section.Name, Read(section)))];

    private IReadOnlyList<EffectiveSetting> Read(BoundSection section) =>
        [.. Flatten(section.Name, section.Options).Select(pair => Create(pair.Name, pair.Value))];

    private EffectiveSetting Create(string name, object? value)
    {
        var text = Format(value);
        return new EffectiveSetting(
            name,
            text is { Length: > 0 } ? (IsSecret(name, text) ? Mask : text) : null,
            FindSource(name)
        );
    }

    // A user and password can be part of any URL.
    private static bool IsSecret(string name, string value) =>
        SecretNames().IsMatch(name) || (Uri.TryCreate(value, UriKind.Absolute, out var url) && url.UserInfo.Length > 0);

    // The last source that has the setting wins.
    private string FindSource(string name) =>
        (configuration as IConfigurationRoot)?.Providers.LastOrDefault(provider => provider.TryGet(name, out _)) switch
        {
            null => Default,
            FileConfigurationProvider file => file.Source.Path ?? "file",
            EnvironmentVariablesConfigurationProvider => "environment",
            CommandLineConfigurationProvider => "command line",
            // The program that hosts the hub.
            ChainedConfigurationProvider or Microsoft.Extensions.Configuration.Memory.MemoryConfigurationProvider =>
                "host",
            var other => other.GetType().Name.Replace("ConfigurationProvider", "", StringComparison.Ordinal),
        };

    private static IEnumerable<(string Name, object? Value)> Flatten(string path, object options) =>
        SettingValues
            .MembersOf(options.GetType())
            .SelectMany(member => FlattenValue($"{path}:{member.Name}", member.GetValue(options)));

    private static IEnumerable<(string Name, object? Value)> FlattenValue(string path, object? value) =>
        value switch
        {
            IDictionary { Count: > 0 } map => map
                .Keys.Cast<object>()
                .SelectMany(key => FlattenValue($"{path}:{key}", map[key])),
            string => [(path, value)],
            ICollection { Count: > 0 } list => list.Cast<object>()
                .SelectMany((item, index) => FlattenValue($"{path}:{index}", item)),
            ICollection => [(path, null)],
            not null when value.GetType() is { IsClass: true } type && type.Assembly == typeof(HubBuilder).Assembly =>
                Flatten(path, value),
            _ => [(path, value)],
        };

    private static string? Format(object? value) =>
        value switch
        {
            TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
            bool flag => flag ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };

    [GeneratedRegex(
        "(ConnectionString|Password|Secret|Token|Sha256)$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex SecretNames();
}
