using System.Net;
using NotificationHub.Hosting;

namespace NotificationHub.Diagnostics;

internal static class DiagnosticsSetup
{
    public static void AddDiagnostics(this HubBuilder hub)
    {
        hub.Services.AddHttpClient(ClockCheck.Client, http => http.Timeout = PublicUrlCheck.Timeout)
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    UseCookies = false,
                    AutomaticDecompression = DecompressionMethods.All,
                }
            )
            .RemoveAllLoggers();
        hub.Services.AddSingleton(new CertificateTrust());
        // doctor reports the results in this order.
        hub.Services.AddSingleton<DiagnosticCheck, DatabaseFileCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, DatabaseCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ReplicaCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, KeyRingCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, RelayCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, PublicUrlCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ServiceBusCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, SubscriptionCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, AppleCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, ClockCheck>();
        hub.Services.AddSingleton<DiagnosticCheck, LocationsAtAppleCheck>();
        hub.Services.AddSingleton<DiagnosticRunner>();
    }
}
