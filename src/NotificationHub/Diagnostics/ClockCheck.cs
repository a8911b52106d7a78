using NotificationHub.Apple;

namespace NotificationHub.Diagnostics;

/// <summary>Compares this machine's clock with the date of a response from Apple.</summary>
internal sealed class ClockCheck(AppleClient apple, IHttpClientFactory clients, TimeProvider time) : IDiagnosticCheck
{
    // Service Bus signatures and Entra tokens tolerate five minutes.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    public string Name => "clock";

    public bool NeedsDatabase => false;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(PublicUrlCheck.Client);
        try
        {
            // Every response has a date, whatever its status.
            using var response = await http.GetAsync(
                new Uri($"{apple.Options.BaseUrl.AbsoluteUri.TrimEnd('/')}/service/config"),
                cancellationToken
            );
            return [response.Headers.Date is { } date ? Compare(time.GetUtcNow() - date) : NoDate];
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return [NoDate];
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
