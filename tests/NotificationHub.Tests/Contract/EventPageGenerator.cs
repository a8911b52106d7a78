using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Contract;

/// <summary>
/// Generates a page of <c>docs/events</c> for a type: its attributes, filter and recorded example. The sections
/// <see cref="Sent"/> and <see cref="Apply"/> are written by hand, in the page itself.
/// </summary>
internal static partial class EventPageGenerator
{
    public const string Sent = "When it is sent";
    public const string Apply = "How to apply it";

    /// <summary>The page with its current hand-written sections.</summary>
    public static string Text(string name)
    {
        var page = EventFiles.Read(FileOf(name));
        var example = JsonNode
            .Parse(File.ReadAllText(Path.Combine(EventFiles.Root, RecordedEventTests.Folder, $"{name}.json")))!
            .AsObject();
        return $$"""
            # {{name}}

            {{SchemaGenerator.Summary(name)}}

            | attribute | value |
            | --- | --- |
            | `type` | `{{EventTypes.Of(name)}}` |
            | topic | `{{TopicMap.TopicOf(name)}}` |
            | `subject` | {{(example["subject"] is { } subject ? $"such as `{subject}`" : "none")}} |
            | `data` | {{Describe(SchemaGenerator.DataTypeOf(name))}} ([schema]({{name}}.schema.json)) |

            ## {{Sent}}

            {{Section(page, Sent)}}

            ## Filter

            A [rule](../filters.md) of a subscription for this type:

            ```json
            { "correlation": { "audience": "all", "type": "{{EventTypes.Of(name)}}" } }
            ```

            {{DescribeProperties(name)}}

            ## {{Apply}}

            {{Section(page, Apply)}}

            ## Example

            ```json
            {{SchemaGenerator.Text(example).TrimEnd()}}
            ```

            """;
    }

    public static string FileOf(string name) => $"{name}.md";

    /// <summary>A section that is written by hand; empty if it is missing.</summary>
    public static string Section(string page, string heading) =>
        HandWritten()
            .Matches(page)
            .FirstOrDefault(section => section.Groups["heading"].Value == heading)
            ?.Groups["text"]
            .Value.Trim()
        ?? "";

    /// <summary>The application properties for filters that messages of a type can have, besides <c>type</c> and <c>audience</c>.</summary>
    public static IReadOnlyList<string> PropertiesOf(string name) =>
        [
            .. Where(name != EventNames.HubRestored, "location"),
            .. Where(IsOperation(name), "action"),
            .. Where(name.EndsWith(".management.notified", StringComparison.Ordinal), "action", "result"),
            .. Where(IsChange(name), "change"),
            .. Where(IsChange(name) || name.EndsWith(".restated", StringComparison.Ordinal), "cause"),
            .. Where(HasAsset(name), "adamId"),
            .. Where(IsFromNotification(name), "conflict"),
        ];

    private static string[] Where(bool condition, params string[] properties) => condition ? properties : [];

    private static bool IsOperation(string name) =>
        name is EventNames.OperationCompleted or EventNames.OperationFailed or EventNames.OperationStalled;

    private static bool IsChange(string name) =>
        name.EndsWith(".changed", StringComparison.Ordinal) && name != EventNames.LocationSettingsChanged
        || name == EventNames.ReconcileDriftFound;

    private static bool HasAsset(string name) =>
        (IsChange(name) && name != EventNames.UserChanged)
        || name
            is EventNames.AssetCountNotified
                or EventNames.AssetManagementNotified
                or EventNames.SubscriptionCountNotified
                or EventNames.SubscriptionManagementNotified;

    private static bool IsFromNotification(string name) =>
        name.EndsWith(".notified", StringComparison.Ordinal)
        || name
            is EventNames.NotificationTestReceived
                or EventNames.NotificationUnrecognized
                or EventNames.LocationUidMismatch;

    private static string DescribeProperties(string name) =>
        PropertiesOf(name) is { Count: > 0 } properties
            ? $"You can also filter by these properties, where they have a value: {string.Join(", ", properties.Select(property => $"`{property}`"))}."
            : "There are no other properties to filter by.";

    private static string Describe(Type type) =>
        type.IsGenericType
            ? type.GetGenericTypeDefinition() == typeof(RecordChange<>)
                ? $"change of `{type.GenericTypeArguments[0].Name}`"
                : "Apple's envelope"
            : $"`{type.Name}`";

    [GeneratedRegex(
        @"^## (?<heading>[^\n]+)\n(?<text>.*?)(?=^## |\z)",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex HandWritten();
}
