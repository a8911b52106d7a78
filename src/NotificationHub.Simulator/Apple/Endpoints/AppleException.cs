using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A request that Apple refuses with an error number.</summary>
internal sealed class AppleException(int errorNumber, JsonObject? errorInfo = null)
    : Exception($"Refused with {errorNumber}.")
{
    public int ErrorNumber => errorNumber;

    public JsonObject? ErrorInfo => errorInfo;

    /// <summary>What a correct client would not have done; null where it may happen to any client.</summary>
    public string? Violation { get; private init; }

    public static AppleException ForViolation(int errorNumber, string violation, JsonObject? errorInfo = null) =>
        new(errorNumber, errorInfo) { Violation = violation };
}
