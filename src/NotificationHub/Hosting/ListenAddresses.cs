using System.Globalization;
using System.Net;

namespace NotificationHub.Hosting;

/// <param name="Setting">The setting that contains it, for example <c>urls</c>.</param>
/// <param name="Url">For example <c>http://+:8080</c>.</param>
internal sealed record ListenAddress(string Setting, string Url);

/// <summary>Every address of the settings, as the operator has configured it.</summary>
internal sealed record ListenSettings(IReadOnlyList<ListenAddress> Addresses);

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
        ListenAddress[] addresses = [.. AdminAddresses(settings), .. PublicAddresses(settings)];
        hub.Services.AddSingleton(new ListenSettings(addresses));
        foreach (var (setting, url) in addresses.Where(address => !PortSettings.Contains(address.Setting)))
        {
            if (FindError(url) is { } error)
            {
                hub.AddError(setting, $"'{url}' {error}");
            }
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
        ListenAddress[] admin = [.. AdminAddresses(settings)];
        return (admin.Length > 0 ? admin : PublicAddresses(settings))
            .Select(address => address.Url)
            .Where(CanBeListenedOn)
            .Select(LocalOf)
            .OfType<Uri>()
            .OrderByDescending(url => url.Scheme == Uri.UriSchemeHttp)
            .FirstOrDefault();
    }

    // If Admin:Urls is set, turns every address into an endpoint of Kestrel's configuration. Only such endpoints have names, which
    // identify the listener of a connection.
    public static IReadOnlyList<string> AddAdminEndpoints(this HubBuilder hub)
    {
        var admin = NameEndpoints("Admin", AdminAddresses(hub.Configuration));
        if (admin.Count > 0)
        {
            var open = hub.Configuration.GetSection(Endpoints).Exists()
                ? []
                : NameEndpoints("Public", PublicAddresses(hub.Configuration));
            hub.Host.Configuration.AddInMemoryCollection(
                admin.Concat(open).Select(one => KeyValuePair.Create($"{Endpoints}:{one.Name}:Url", (string?)one.Url))
            );
        }

        return [.. admin.Select(one => one.Name)];
    }

    private static List<(string Name, string Url)> NameEndpoints(string kind, IEnumerable<ListenAddress> addresses) =>
        [
            .. addresses.Select(
                (address, index) => (string.Create(CultureInfo.InvariantCulture, $"{kind}Url{index}"), address.Url)
            ),
        ];

    private static IEnumerable<ListenAddress> AdminAddresses(IConfiguration settings) =>
        Split(settings[AdminUrls]).Select(url => new ListenAddress(AdminUrls, url));

    private static IEnumerable<ListenAddress> PublicAddresses(IConfiguration settings)
    {
        var endpoints = settings.GetSection(Endpoints);
        ListenAddress[] ports =
        [
            .. PortSettings.SelectMany(setting =>
                Split(settings[setting])
                    .Select(port => new ListenAddress(setting, $"{setting.Split('_')[0]}://*:{port}"))
            ),
        ];
        return endpoints.Exists()
                ? endpoints
                    .GetChildren()
                    .Select(endpoint => new ListenAddress($"{endpoint.Path}:Url", endpoint["Url"] ?? ""))
            : settings["urls"] is { Length: > 0 } given ? Split(given).Select(url => new ListenAddress("urls", url))
            : ports is [] ? [new ListenAddress("urls", DefaultUrl)]
            : ports;
    }

    private static void RefuseSharedPorts(HubBuilder hub)
    {
        var open = PublicAddresses(hub.Configuration)
            .Select(address => address.Url)
            .Where(CanBeListenedOn)
            .Select(PortOf)
            .ToHashSet();
        foreach (var (_, url) in AdminAddresses(hub.Configuration).Where(address => CanBeListenedOn(address.Url)))
        {
            if (PortOf(url) is > 0 and var port && open.Contains(port))
            {
                hub.AddError(AdminUrls, $"'{url}' requires a separate port: port {port} already serves Apple");
            }
        }
    }

    private static string? FindError(string url) =>
        !CanBeListenedOn(url) ? $"is not a valid listen address; examples: {DefaultUrl}, http://+:8080"
        // Kestrel listens on IPv4 and IPv6, which cannot share a port that the system chooses.
        : IsLocalhost(url) && PortOf(url) == 0 ? "has no port; specify one, or use http://127.0.0.1:0 for any free port"
        : null;

    private static bool IsLocalhost(string url) =>
        BindingAddress.Parse(url).Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

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
