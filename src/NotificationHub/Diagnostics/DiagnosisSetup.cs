using System.Net;
using NotificationHub.Hosting;

namespace NotificationHub.Diagnostics;

internal static class DiagnosisSetup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>The checks of <c>doctor</c>, in the order in which they are told.</summary>
    public static void AddDiagnosis(this HubBuilder hub)
    {
        hub.Services.AddHttpClient(PublicUrlCheck.Client, http => http.Timeout = Patience)
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    AllowAutoRedirect = false,
                    UseCookies = false,
                    AutomaticDecompression = DecompressionMethods.All,
                }
            )
            .RemoveAllLoggers();
        hub.Services.AddSingleton<IHubCheck, DatabaseFileCheck>();
        hub.Services.AddSingleton<IHubCheck, DatabaseCheck>();
        hub.Services.AddSingleton<IHubCheck, ReplicaCheck>();
        hub.Services.AddSingleton<IHubCheck, KeyRingCheck>();
        hub.Services.AddSingleton<IHubCheck, PublicUrlCheck>();
        hub.Services.AddSingleton<IHubCheck, ServiceBusCheck>();
        hub.Services.AddSingleton<IHubCheck, AppleCheck>();
        hub.Services.AddSingleton<IHubCheck, ClockCheck>();
        hub.Services.AddSingleton<IHubCheck, LocationsAtAppleCheck>();
        hub.Services.AddSingleton<Examination>();
    }
}
