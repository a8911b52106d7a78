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
        hub.Services.AddSingleton<DiagnosticCheck, DatabaseFileCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, DatabaseCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ReplicaCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, KeyRingCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, PublicUrlCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ServiceBusCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, AppleCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ClockCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, LocationsAtAppleCheck>();
        hub.Services.AddSingleton<DiagnosticRunner>();
    }
}
