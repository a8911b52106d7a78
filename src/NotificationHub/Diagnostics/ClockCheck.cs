using NotificationHub.Apple;

namespace NotificationHub.Diagnostics;

/// <summary>Whether this machine's clock goes with Apple's, as the date of its answer shows it.</summary>
internal sealed class ClockCheck(AppleClient apple, IHttpClientFactory clients, TimeProvider time) : IDiagnosticCheck
{
    // Signatures for Service Bus and Entra's tokens bear five minutes; what is a minute off will soon be five.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    public string Name => "clock";

    public bool NeedsDatabase => false;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(PublicUrlCheck.Client);
        try
        {
            // Any answer will do: each bears a date.
            using var answer = await http.GetAsync(
                new Uri($"{apple.Options.BaseUrl.AbsoluteUri.TrimEnd('/')}/service/config"),
                cancellationToken
            );
            return [answer.Headers.Date is { } date ? Judge(time.GetUtcNow() - date) : NoDate];
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            return [NoDate];
        }
    }

    private static DiagnosticResult NoDate =>
        DiagnosticResult.NotChecked("Apple gave no answer with a date to compare with");

    private static DiagnosticResult Judge(TimeSpan off) =>
        off.Duration() <= Tolerance
            ? DiagnosticResult.Ok("goes with Apple's")
            : DiagnosticResult.Failed(
                $"is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} Apple's",
                "Set it by NTP: signatures and tokens are refused by a clock that is off."
            );
}
