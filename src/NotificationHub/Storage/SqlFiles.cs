using System.Collections.Frozen;
using System.Reflection;

namespace NotificationHub.Storage;

/// <summary>The embedded <c>.sql</c> files of a folder, by name without extension.</summary>
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
        // Line endings must not change the digest.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
