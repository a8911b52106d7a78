using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Documents;

/// <summary>Compares <c>docs/configuration.md</c> with the options classes.</summary>
public sealed partial class ConfigurationDocumentTests
{
    /// <summary>Read by the host, Azure.Identity and OpenTelemetry, so no options class has them.</summary>
    private static readonly string[] OfTheHost =
    [
        "urls",
        "ASPNETCORE_HTTP_PORTS",
        "ASPNETCORE_FORWARDEDHEADERS_ENABLED",
        "ASPNETCORE_ENVIRONMENT",
        "AZURE_CLIENT_ID",
        "Kestrel",
        "Logging:LogLevel",
    ];

    private static readonly SettingRow[] Rows = [.. ReadRows()];

    public static TheoryData<string> Names { get; } = [.. Setting.All.Select(setting => setting.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_setting_is_listed_with_its_default_and_unit(string name)
    {
        var setting = Setting.All.Single(one => one.Name == name);
        var wanted = $"| `{name}` | {setting.Default} | {setting.Unit ?? "UNIT"} | WHAT IT IS FOR |";

        var row = Rows.SingleOrDefault(row => row.Name == name);

        row.ShouldNotBeNull($"docs/configuration.md lacks the row {wanted}");
        row.Default.ShouldBe(setting.Default, $"docs/configuration.md should say {wanted}");
        row.Unit.ShouldBe(setting.Unit ?? row.Unit, $"docs/configuration.md should say {wanted}");
        row.Unit.ShouldNotBeEmpty(name);
        row.Meaning.ShouldNotBeEmpty(name);
    }

    [Fact]
    public void Only_settings_are_listed() =>
        Rows.Select(row => row.Name)
            .Except(Setting.All.Select(setting => setting.Name))
            .Except(OfTheHost)
            .ShouldBeEmpty("docs/configuration.md has rows that no options class has a member for");

    [Fact]
    public void The_README_lists_settings_with_the_same_defaults()
    {
        var shortened = ReadRows("README.md").ToArray();

        shortened.ShouldNotBeEmpty();
        foreach (var row in shortened)
        {
            var whole = Rows.SingleOrDefault(one => one.Name == row.Name);
            whole.ShouldNotBeNull($"README.md has {row.Name}, docs/configuration.md does not");
            row.Default.ShouldBe(whole.Default, row.Name);
        }
    }

    [Fact]
    public void Every_setting_is_explained_where_it_is_declared()
    {
        var explained = XDocument
            .Load(Path.ChangeExtension(typeof(StorageOptions).Assembly.Location, ".xml"))
            .Descendants("member")
            .Where(member => member.Element("summary") is { } summary && !string.IsNullOrWhiteSpace(summary.Value))
            .Select(member => member.Attribute("name")!.Value)
            .ToHashSet(StringComparer.Ordinal);

        Setting
            .All.Select(setting => $"P:{setting.Member.DeclaringType!.FullName}.{setting.Member.Name}")
            .Distinct()
            .Where(member => !explained.Contains(member))
            .ShouldBeEmpty("these members have no <summary>");
    }

    private static IEnumerable<SettingRow> ReadRows(string document = "configuration.md") =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Documents", document))
            .Select(line => Row().Match(line))
            .Where(match => match.Success)
            .Select(match => new SettingRow(
                match.Groups["name"].Value,
                match.Groups["default"].Value.Trim(),
                match.Groups["unit"].Value.Trim(),
                match.Groups["meaning"].Value.Trim()
            ));

    [GeneratedRegex(
        @"^\| `(?<name>[\w:]+)` \| (?<default>[^|]+) \| ((?<unit>[^|]+) \| )?(?<meaning>.+) \|$",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Row();

    private sealed record SettingRow(string Name, string Default, string Unit, string Meaning);
}
