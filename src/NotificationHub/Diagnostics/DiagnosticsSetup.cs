using System.Net;
using NotificationHub.Hosting;

namespace NotificationHub.Diagnostics;

internal static class DiagnosticsSetup
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public static void AddDiagnostics(this HubBuilder hub)
    {
        hub.Services.AddHttpClient(PublicUrlCheck.Client, http => http.Timeout = Timeout)
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    UseCookies = false,
                    AutomaticDecompression = DecompressionMethods.All,
                }
            )
            .RemoveAllLoggers();
        // doctor reports the results in this order.
        hub.Services.AddSingleton<IDiagnosticCheck, DatabaseFileCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, DatabaseCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, ReplicaCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, KeyRingCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, PublicUrlCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, ServiceBusCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, AppleCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, ClockCheck>();
        hub.Services.AddSingleton<IDiagnosticCheck, LocationsAtAppleCheck>();
        hub.Services.AddSingleton<DiagnosticRunner>();
    }
}
