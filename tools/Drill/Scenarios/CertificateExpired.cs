using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Diagnostics;
using NotificationHub.Storage;

namespace NotificationHub.Drill.Scenarios;

internal static class CertificateExpired
{
    public static readonly DrillOptions Options = new() { UsesTls = true };

    private const string Stored = "notificationhub.intake.deliveries{outcome=stored}";

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await RecordFromOutsideAsync(scene, cancellationToken);
        scene.PresentCertificate(TimeSpan.FromHours(1));
        journal.Action("the certificate of the custom domain was not renewed and expires in an hour");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        journal.RecordResponses();
        await RecordFromOutsideAsync(scene, cancellationToken);
        journal.RecordMetric(Stored);

        await scene.Time.PassAsync(TimeSpan.FromHours(1), cancellationToken);
        scene.Ingress.CloseConnections();
        await scene.WorkAsync(cancellationToken);
        await scene.Time.PassAsync(TimeSpan.FromMinutes(6), cancellationToken);
        journal.Action("an hour later, the certificate has expired; Apple has made all three attempts");
        journal.RecordResponses();
        await RecordFromOutsideAsync(scene, cancellationToken);
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric(Stored);

        scene.PresentCertificate(CertificateAuthority.Lifetime);
        journal.Action("an operator restores the DNS record, and the certificate is renewed");
        await RecordFromOutsideAsync(scene, cancellationToken);
        await scene.Operator.ReconcileAsync(cancellationToken);
        journal.Action("an operator looks for the lost changes: reconcile --location L");
    }

    // Like the web test of the deployment, and like doctor.
    private static async Task RecordFromOutsideAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        scene.Journal.Record("probe", $"GET /health/live: {await scene.RequestFromOutsideAsync(cancellationToken)}");
        var doctor = scene.Services.GetServices<DiagnosticCheck>().OfType<PublicUrlCheck>().Single();
        foreach (var result in await doctor.CheckAsync(Actor.CommandLine, cancellationToken))
        {
            var prefix = result.Status == DiagnosticStatus.Failed ? "FAILED: " : "";
            scene.Journal.Record("doctor", $"{doctor.Name}: {prefix}{result.Found}");
        }
    }
}
