using YamlDotNet.RepresentationModel;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Reads files at the root of the repository, YAML files as trees.</summary>
internal static class RepositoryFiles
{
    public static string Read(string path) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Repository", path));

    public static YamlMappingNode Yaml(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Read(path)));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    /// <summary>The node at the path; null if there is none.</summary>
    public static YamlNode? Find(this YamlNode node, params string[] path) =>
        path.Aggregate<string, YamlNode?>(
            node,
            (at, name) => at is YamlMappingNode map && map.Children.TryGetValue(name, out var child) ? child : null
        );

    public static string? Text(this YamlNode node, params string[] path) => (node.Find(path) as YamlScalarNode)?.Value;

    /// <summary>The items of a list; empty if there is no list.</summary>
    public static IEnumerable<YamlNode> Items(this YamlNode node, params string[] path) =>
        node.Find(path) as YamlSequenceNode ?? [];

    public static IEnumerable<string?> Texts(this YamlNode node, params string[] path) =>
        node.Items(path).Select(item => (item as YamlScalarNode)?.Value);

    /// <summary>The members of a map with their names; empty if there is no map.</summary>
    public static IEnumerable<(string Name, YamlNode Value)> Members(this YamlNode node, params string[] path) =>
        node.Find(path) is YamlMappingNode map
            ? map.Children.Select(member => (((YamlScalarNode)member.Key).Value!, member.Value))
            : [];
}
