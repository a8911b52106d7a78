using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure.Bicep;

/// <summary>The files of <c>infra/bicep</c>.</summary>
internal static class BicepFolder
{
    public const string MainPath = "main.bicep";

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Bicep");

    public static IReadOnlyList<BicepFile> Templates { get; } = ReadAll("*.bicep");

    public static IReadOnlyList<BicepFile> ParameterFiles { get; } = ReadAll("*.bicepparam");

    public static BicepFile Main => Template(MainPath);

    public static BicepFile Module(string name) => Template($"modules/{name}.bicep");

    public static BicepFile Template(string path) => Templates.Single(file => file.Path == path);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static JsonElement Json(string path) => JsonSerializer.Deserialize<JsonElement>(Read(path));

    /// <summary>Where a path that a file names leads, from the folder of all files.</summary>
    public static string Resolve(BicepFile from, string path) =>
        Relative(Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(from.Path)!, path)));

    /// <summary>Every resource of every template, with the file that it is in.</summary>
    public static IEnumerable<(BicepFile File, BicepDeclaration Resource)> Resources() =>
        Templates.SelectMany(file => file.Of(BicepDeclarationKind.Resource).Select(resource => (file, resource)));

    private static IReadOnlyList<BicepFile> ReadAll(string pattern) =>
        [
            .. Directory
                .EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
                .Where(path => Path.GetExtension(path) == Path.GetExtension(pattern))
                .Order(StringComparer.Ordinal)
                .Select(path => BicepFile.Parse(Relative(path), File.ReadAllText(path))),
        ];

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');
}
