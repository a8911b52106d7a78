using System.Reflection;

namespace NotificationHub.Tests.Apple.Package;

/// <summary>The source of the client library that these tests were built from.</summary>
internal static class ClientSource
{
    public const string Folder = "src/NotificationHub.Apple";

    public static string Root { get; } =
        typeof(ClientSource)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "RepositoryRoot")
            .Value!;

    public static string Readme => File.ReadAllText(Path.Combine(Root, Folder, "README.md"));
}
