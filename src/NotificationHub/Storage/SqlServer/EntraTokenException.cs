using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// No access token for SQL Server. SqlClient drops it, and throws a <see cref="SqlException"/> with number 0 whose errors contain its failure
/// code and its message.
/// </summary>
// Without SqlClient's own retry: after the second failure, it would sign in with an empty token.
internal sealed class EntraTokenException(
    SqlAuthenticationMethod method,
    bool isTransient,
    string message,
    Exception causedBy
)
    : SqlAuthenticationProviderException(
        method,
        isTransient ? Unavailable : Refused,
        shouldRetry: false,
        retryPeriod: 0,
        message,
        causedBy
    )
{
    private const string Unavailable = "TokenServiceUnavailable";
    private const string Refused = "TokenRequestRefused";

    /// <summary>Whether the same request may succeed soon.</summary>
    public static bool IsTransient(SqlException exception) => HasCode(exception, Unavailable);

    /// <summary>What SqlClient made of this exception; null for every other failure.</summary>
    public static string? MessageOf(SqlException exception) =>
        HasCode(exception, Unavailable) || HasCode(exception, Refused)
            ? exception.Errors[exception.Errors.Count - 1].Message
            : null;

    private static bool HasCode(SqlException exception, string code) =>
        exception
            .Errors.Cast<SqlError>()
            .Any(error => error.Number == 0 && error.Message.Contains(code, StringComparison.Ordinal));
}
