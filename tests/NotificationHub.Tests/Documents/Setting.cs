using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;

namespace NotificationHub.Tests.Documents;

/// <summary>One setting as its options class has it.</summary>
/// <param name="Name">With <c>N</c> for a place in a list and <c>NAME</c> for a key.</param>
/// <param name="Member">Where it is declared.</param>
/// <param name="Default">As the documents write it.</param>
internal sealed record Setting(string Name, PropertyInfo Member, string Default)
{
    private const string None = "–";

    /// <summary>Every member of every class that <see cref="HubBuilder.AddOptions"/> was asked for.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [.. Bound().SelectMany(options => Of(SectionOf(options), options))];

    /// <summary>What its values are, where the type says it; null where the document has to.</summary>
    public string? Unit =>
        (Nullable.GetUnderlyingType(Value) ?? Value) switch
        {
            var type when type == typeof(TimeSpan) => "duration",
            var type when type == typeof(bool) => "`true` or `false`",
            var type when type.IsEnum => string.Join(" or ", Enum.GetNames(type).Select(name => $"`{name}`")),
            _ => null,
        };

    private Type Value =>
        IsDictionary(Member.PropertyType) ? Member.PropertyType.GetGenericArguments()[1] : Member.PropertyType;

    private static IEnumerable<object> Bound() =>
        HubApplication
            .Compose([])
            .Services.Where(service =>
                service.ServiceType.IsConstructedGenericType
                && service.ServiceType.GetGenericTypeDefinition() == typeof(IOptions<>)
                && service.ServiceType.GenericTypeArguments[0].Assembly == typeof(HubBuilder).Assembly
            )
            .Select(service => Activator.CreateInstance(service.ServiceType.GenericTypeArguments[0])!);

    private static string SectionOf(object options) => (string)options.GetType().GetField("Section")!.GetValue(null)!;

    private static IEnumerable<Setting> Of(string path, object options) =>
        options
            .GetType()
            .GetProperties()
            .Where(member => member.CanWrite || IsDictionary(member.PropertyType))
            .SelectMany(member => Of($"{path}:{member.Name}", member, member.GetValue(options)));

    private static IEnumerable<Setting> Of(string path, PropertyInfo member, object? value)
    {
        var type = member.PropertyType;
        return IsDictionary(type) ? [new Setting($"{path}:NAME", member, None)]
            : IsList(type) && !IsOptions(type.GetGenericArguments()[0]) ? [new Setting($"{path}:N", member, None)]
            : IsList(type) ? Of($"{path}:N", Activator.CreateInstance(type.GetGenericArguments()[0])!)
            : IsOptions(type) ? Of(path, value ?? Activator.CreateInstance(type)!)
            : [new Setting(path, member, Write(value))];
    }

    private static bool IsDictionary(Type type) => typeof(IDictionary).IsAssignableFrom(type);

    private static bool IsList(Type type) =>
        type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);

    private static bool IsOptions(Type type) => type.IsClass && type.Assembly == typeof(HubBuilder).Assembly;

    private static string Write(object? value) =>
        value switch
        {
            null or "" => None,
            TimeSpan time =>
                $"`{time.ToString(time.Milliseconds == 0 ? "c" : @"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture)}`",
            bool flag => flag ? "`true`" : "`false`",
            _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
        };
}
