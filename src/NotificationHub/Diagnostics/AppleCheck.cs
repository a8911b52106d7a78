using NotificationHub.Apple;

namespace NotificationHub.Diagnostics;

/// <summary>Whether Apple answers, which needs no content token.</summary>
internal sealed class AppleCheck(AppleClient apple) : IDiagnosticCheck
{
    public string Name => "Apple";

    public bool NeedsDatabase => false;

    public async Task<IReadOnlyList<DiagnosticResult>> ExamineAsync(CancellationToken cancellationToken)
    {
        try
        {
            await apple.GetServiceConfigAsync(cancellationToken);
            return [DiagnosticResult.Ok($"{apple.Options.BaseUrl} answers")];
        }
        catch (AppleException fault)
        {
            return
            [
                DiagnosticResult.Failed(
                    fault.Message,
                    $"See that {apple.Options.BaseUrl.Host} resolves and https to it is let through, without a proxy that breaks its TLS; else wait and look again."
                ),
            ];
        }
    }
}
