using System.Collections.Frozen;
using System.Reflection;

namespace NotificationHub.Storage;

/// <summary>The embedded <c>.sql</c> files below a folder, by name without ending.</summary>
internal sealed class SqlFiles(string folder)
{
    private static readonly Assembly Assembly = typeof(SqlFiles).Assembly;

    private readonly FrozenDictionary<string, string> texts = Assembly
        .GetManifestResourceNames()
        .Where(name =>
            name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal)
        )
        .ToFrozenDictionary(name => name[folder.Length..^".sql".Length], Read, StringComparer.Ordinal);

    public string this[string name] =>
        texts.TryGetValue(name, out var text)
            ? text
            : throw new ArgumentException($"There is no {folder}{name}.sql.", nameof(name));

    public IEnumerable<string> Names => texts.Keys.Order(StringComparer.Ordinal);

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(resource)!);
        // A checkout with other line ends is the same file.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
