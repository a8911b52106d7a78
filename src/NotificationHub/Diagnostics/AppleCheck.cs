using NotificationHub.Apple;

namespace NotificationHub.Diagnostics;

/// <summary>Requests Service Config, which needs no content token.</summary>
internal sealed class AppleCheck(AppleClient apple) : SingleDiagnosticCheck("Apple")
{
    protected override async Task<DiagnosticResult> CheckOneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await apple.GetServiceConfigAsync(cancellationToken);
            return DiagnosticResult.Ok($"{apple.Options.BaseUrl} responds");
        }
        catch (AppleException exception)
        {
            return DiagnosticResult.Failed(
                exception.Message,
                $"Check that {apple.Options.BaseUrl.Host} resolves, and that no firewall or TLS-inspecting proxy blocks HTTPS to it. Otherwise wait and run doctor again."
            );
        }
    }
}
