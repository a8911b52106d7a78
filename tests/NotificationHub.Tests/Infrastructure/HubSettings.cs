using NotificationHub.Storage;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The settings by their names in the environment.</summary>
internal static class HubSettings
{
    /// <summary>Whether the words between double underscores are the path from a section to a value.</summary>
    public static bool IsKnown(string setting)
    {
        var words = setting.Split("__");
        var type = typeof(StorageOptions)
            .Assembly.GetTypes()
            .SingleOrDefault(type => type.GetField("Section")?.GetValue(null) as string == words[0]);
        foreach (var word in words.Skip(1))
        {
            type = ItemOf(type) is { } item && int.TryParse(word, out _) ? item : type?.GetProperty(word)?.PropertyType;
        }

        return type is not null
            && words.Length > 1
            && (type.IsEnum || type.Assembly != typeof(StorageOptions).Assembly);
    }

    private static Type? ItemOf(Type? list) =>
        list is { IsGenericType: true } && list.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? list.GetGenericArguments()[0]
            : null;
}
