using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

/// <summary>The summaries of the Events library as Markdown text.</summary>
internal static partial class XmlSummaries
{
    private static readonly Dictionary<string, XElement> Members = XDocument
        .Load(Path.ChangeExtension(typeof(EventTypes).Assembly.Location, ".xml"))
        .Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(
            member => (string)member.Attribute("name")!,
            member => member.Element("summary")!,
            StringComparer.Ordinal
        );

    public static string? Of(Type type) => Find($"T:{NameOf(type)}");

    public static string? Of(PropertyInfo property) => Find($"P:{NameOf(property.DeclaringType!)}.{property.Name}");

    public static string? Of(FieldInfo field) => Find($"F:{NameOf(field.DeclaringType!)}.{field.Name}");

    private static string NameOf(Type type) =>
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Find(string name) =>
        Members.TryGetValue(name, out var summary) ? Blanks().Replace(Text(summary), " ").Trim() : null;

    private static string Text(XElement element) =>
        element
            .Nodes()
            .Aggregate(
                new StringBuilder(),
                (text, node) =>
                    text.Append(
                        node switch
                        {
                            XElement { Name.LocalName: "see" } see => $"`{Reference((string)see.Attribute("cref")!)}`",
                            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                            XElement other => Text(other),
                            _ => ((XText)node).Value,
                        }
                    )
            )
            .ToString();

    // A member of a record has its name in JSON, and a constant has its value.
    private static string Reference(string cref)
    {
        var path = cref[2..].Split('.');
        return cref[0] switch
        {
            'P' => JsonName(TypeNamed(path[..^1]).GetProperty(path[^1])!),
            'F' => (string)TypeNamed(path[..^1]).GetField(path[^1])!.GetValue(null)!,
            _ => path[^1].Split('`')[0],
        };
    }

    private static Type TypeNamed(string[] path) => typeof(EventTypes).Assembly.GetType(string.Join('.', path))!;

    private static string JsonName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
