using System.Globalization;
using System.Net;

namespace NotificationHub.Hosting;

/// <summary>Validates the listen addresses together with the other settings, so that all errors are reported at once.</summary>
internal static class ListenAddresses
{
    private const string DefaultUrl = "http://localhost:5080";
    private const string AdminUrls = "Admin:Urls";
    private const string Endpoints = "Kestrel:Endpoints";

    private static readonly string[] PortSettings = ["http_ports", "https_ports"];

    public static void AddListenAddresses(this HubBuilder hub)
    {
        var settings = hub.Configuration;
        foreach (var url in Split(settings[AdminUrls]).Where(url => !CanBeListenedOn(url)))
        {
            hub.AddError(AdminUrls, $"'{url}' is not a valid listen address; example: http://+:8081");
        }

        RefuseSharedPorts(hub);
        if (settings.GetSection(Endpoints).Exists())
        {
            return;
        }

        if (settings["urls"] is null && PortSettings.All(setting => settings[setting] is null))
        {
            hub.Host.WebHost.UseUrls(DefaultUrl);
        }

        foreach (var url in Split(settings["urls"]).Where(url => !CanBeListenedOn(url)))
        {
            hub.AddError("urls", $"'{url}' is not a valid listen address; examples: {DefaultUrl}, http://+:8080");
        }

        foreach (var setting in PortSettings)
        {
            foreach (var port in Split(settings[setting]).Where(port => !IsPort(port)))
            {
                hub.AddError(setting, $"'{port}' is not a port between 0 and {IPEndPoint.MaxPort}");
            }
        }
    }

    /// <summary>The hub's local URL for health checks; null if the settings do not contain one.</summary>
    public static Uri? FindLocal(IConfiguration settings)
    {
        var urls = Split(settings[AdminUrls]) is { Length: > 0 } admin ? admin : PublicUrls(settings);
        return urls.Where(CanBeListenedOn)
            .Select(LocalOf)
            .OfType<Uri>()
            .OrderByDescending(url => url.Scheme == Uri.UriSchemeHttp)
            .FirstOrDefault();
    }

    // If Admin:Urls is set, turns every address into an endpoint of Kestrel's configuration. Only such endpoints have names, which
    // identify the listener of a connection.
    public static IReadOnlyList<string> AddAdminEndpoints(this HubBuilder hub)
    {
        var admin = NameEndpoints("Admin", Split(hub.Configuration[AdminUrls]));
        if (admin.Count > 0)
        {
            var open = hub.Configuration.GetSection(Endpoints).Exists()
                ? []
                : NameEndpoints("Public", PublicUrls(hub.Configuration));
            hub.Host.Configuration.AddInMemoryCollection(
                admin.Concat(open).Select(one => KeyValuePair.Create($"{Endpoints}:{one.Name}:Url", (string?)one.Url))
            );
        }

        return [.. admin.Select(one => one.Name)];
    }

    private static List<(string Name, string Url)> NameEndpoints(string kind, IEnumerable<string> urls) =>
        [.. urls.Select((url, index) => (string.Create(CultureInfo.InvariantCulture, $"{kind}Url{index}"), url))];

    private static string[] PublicUrls(IConfiguration settings)
    {
        var endpoints = settings.GetSection(Endpoints);
        string[] ports =
        [
            .. Split(settings["http_ports"]).Select(port => $"http://*:{port}"),
            .. Split(settings["https_ports"]).Select(port => $"https://*:{port}"),
        ];
        return endpoints.Exists() ? [.. endpoints.GetChildren().Select(endpoint => endpoint["Url"] ?? "")]
            : settings["urls"] is { Length: > 0 } given ? Split(given)
            : ports is [] ? [DefaultUrl]
            : ports;
    }

    private static void RefuseSharedPorts(HubBuilder hub)
    {
        var open = PublicUrls(hub.Configuration).Where(CanBeListenedOn).Select(PortOf).ToHashSet();
        foreach (var url in Split(hub.Configuration[AdminUrls]).Where(CanBeListenedOn))
        {
            if (PortOf(url) is > 0 and var port && open.Contains(port))
            {
                hub.AddError(AdminUrls, $"'{url}' requires a separate port: port {port} already serves Apple");
            }
        }
    }

    private static int PortOf(string url) => BindingAddress.Parse(url).Port;

    // Kestrel binds a host name to all addresses.
    private static Uri? LocalOf(string url)
    {
        var address = BindingAddress.Parse(url);
        if (address.Port == 0)
        {
            return null;
        }

        var host = IPAddress.TryParse(address.Host, out var ip)
            ? ip.Equals(IPAddress.Any)
                ? IPAddress.Loopback.ToString()
                : ip.Equals(IPAddress.IPv6Any)
                    ? $"[{IPAddress.IPv6Loopback}]"
                    : address.Host
            : "localhost";
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"{address.Scheme}://{host}:{address.Port}"));
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort;

    private static bool CanBeListenedOn(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address is { PathBase: "", Port: >= 0 and <= IPEndPoint.MaxPort }
                && (
                    address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase)
                    || address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)
                );
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
