using System.Collections.Frozen;
using System.Reflection;

namespace NotificationHub.Storage;

/// <summary>The embedded <c>.sql</c> files below a folder, by name without ending.</summary>
internal sealed class SqlFiles(string folder, IReadOnlyDictionary<string, string> texts)
{
    private static readonly Assembly Assembly = typeof(SqlFiles).Assembly;

    public SqlFiles(string folder)
        : this(folder, ReadAll(folder)) { }

    public string this[string name] =>
        texts.TryGetValue(name, out var text)
            ? text
            : throw new ArgumentException($"There is no {folder}{name}.sql.", nameof(name));

    public IEnumerable<string> Names => texts.Keys.Order(StringComparer.Ordinal);

    private static FrozenDictionary<string, string> ReadAll(string folder) =>
        Assembly
            .GetManifestResourceNames()
            .Where(name =>
                name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal)
            )
            .ToFrozenDictionary(name => name[folder.Length..^".sql".Length], Read, StringComparer.Ordinal);

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(resource)!);
        // A checkout with other line ends is the same file.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
