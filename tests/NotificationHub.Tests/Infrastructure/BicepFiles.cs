using System.Text.Json;
using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The files of <c>infra/bicep</c> as text.</summary>
internal static partial class BicepFiles
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Bicep");

    public static IReadOnlyList<string> Templates { get; } = List("*.bicep");

    public static IReadOnlyList<string> ParameterFiles { get; } = List("*.bicepparam");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    public static JsonElement Json(string path) => JsonSerializer.Deserialize<JsonElement>(Read(path));

    /// <summary>The string literals of all templates and parameter files.</summary>
    public static IEnumerable<string> Literals() =>
        Templates
            .Concat(ParameterFiles)
            .SelectMany(path => Literal().Matches(Comment().Replace(Read(path), "")))
            .Select(match => match.Groups["text"].Value);

    /// <summary>The environment variables without a default that the parameter files read.</summary>
    public static IEnumerable<string> RequiredVariables() =>
        ParameterFiles
            .SelectMany(path => RequiredVariable().Matches(Read(path)))
            .Select(match => match.Groups["name"].Value)
            .Distinct();

    private static string[] List(string pattern) =>
        [
            .. Directory
                .EnumerateFiles(Folder, pattern, SearchOption.AllDirectories)
                .Where(path => Path.GetExtension(path) == Path.GetExtension(pattern))
                .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    [GeneratedRegex("^ *//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"'(?<text>[^'\n]*)'")]
    private static partial Regex Literal();

    [GeneratedRegex(@"readEnvironmentVariable\('(?<name>\w+)'\)")]
    private static partial Regex RequiredVariable();
}
