using NotificationHub.Apple;

namespace NotificationHub.Diagnostics;

internal sealed class ClockCheck(AppleClient apple, IHttpClientFactory clients, TimeProvider time)
    : SingleDiagnosticCheck("clock")
{
    public const string Client = "Diagnosis";

    // Service Bus signatures and Entra tokens tolerate five minutes.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    protected override async Task<DiagnosticResult> CheckOneAsync(CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(Client);
        try
        {
            // Every response has a date, whatever its status.
            using var response = await http.GetAsync(
                new Uri($"{apple.Options.BaseUrl.AbsoluteUri.TrimEnd('/')}/service/config"),
                cancellationToken
            );
            return response.Headers.Date is { } date ? Compare(time.GetUtcNow() - date) : NoDate;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return NoDate;
        }
    }

    private static DiagnosticResult NoDate => DiagnosticResult.NotChecked("Apple sent no response with a date");

    private static DiagnosticResult Compare(TimeSpan off) =>
        off.Duration() <= Tolerance
            ? DiagnosticResult.Ok("agrees with Apple's clock")
            : DiagnosticResult.Failed(
                $"is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} Apple's clock",
                "Synchronize it by NTP. Azure rejects signatures and tokens from a wrong clock."
            );
}
