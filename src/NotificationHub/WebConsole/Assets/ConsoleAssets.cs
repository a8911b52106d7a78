using System.Collections.Frozen;
using System.Security.Cryptography;
using NotificationHub.Auth;
using NotificationHub.Hosting;

namespace NotificationHub.WebConsole.Assets;

// Embedded, so that every program that hosts the hub finds them.
/// <summary>The console's stylesheet, script and icon. Their URLs contain a hash of their content.</summary>
internal sealed class ConsoleAssets
{
    private const string Prefix = "console/";
    private const int HashLength = 16;

    private readonly FrozenDictionary<string, Asset> assets = typeof(ConsoleAssets)
        .Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && TypeOf(name) is not null)
        .Select(Load)
        .ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);

    public string UrlOf(string name) => assets[name].Url;

    public void Map(IEndpointRouteBuilder console)
    {
        foreach (var asset in assets.Values)
        {
            console
                .MapGet(asset.Url, () => TypedResults.Bytes(asset.Content, asset.ContentType))
                .WithMetadata(ImmutableResponse.Mark)
                .ExcludeFromDescription();
        }
    }

    private static Asset Load(string resource)
    {
        using var stream = typeof(ConsoleAssets).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var name = resource[Prefix.Length..];
        var hash = Convert.ToHexStringLower(SHA256.HashData(content))[..HashLength];
        return new Asset(name, $"{ConsoleSessions.Root}/assets/{hash}/{name}", TypeOf(name)!, content);
    }

    private static string? TypeOf(string name) =>
        Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => null,
        };

    private sealed record Asset(string Name, string Url, string ContentType, byte[] Content);
}
