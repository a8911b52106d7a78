using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Identity;
using Microsoft.Data.SqlClient;
using Microsoft.Identity.Client;

namespace NotificationHub.Storage.SqlServer;

/// <summary>Gets SqlClient's access tokens from the hub's credential. SqlClient 7 has no Entra ID support of its own.</summary>
internal sealed partial class EntraProvider(TokenCredential credential) : SqlAuthenticationProvider
{
    // The other methods require an interactive user, or a secret in the connection string.
    private static readonly SqlAuthenticationMethod[] Methods =
    [
        SqlAuthenticationMethod.ActiveDirectoryDefault,
        SqlAuthenticationMethod.ActiveDirectoryManagedIdentity,
        SqlAuthenticationMethod.ActiveDirectoryMSI,
        SqlAuthenticationMethod.ActiveDirectoryWorkloadIdentity,
    ];

    public static bool IsSupportedMethod(SqlAuthenticationMethod method) => Methods.Contains(method);

    /// <summary>Whether SqlClient requests an access token for this method.</summary>
    public static bool IsEntra(SqlAuthenticationMethod method) =>
        method is not (SqlAuthenticationMethod.NotSpecified or SqlAuthenticationMethod.SqlPassword);

    /// <summary>Lets every connection of this process use the credential; SqlClient keeps its providers per process.</summary>
    public static void Register(TokenCredential credential)
    {
        var provider = new EntraProvider(credential);
        foreach (var method in Methods)
        {
            SetProvider(method, provider);
        }
    }

    public override bool IsSupported(SqlAuthenticationMethod authenticationMethod) =>
        IsSupportedMethod(authenticationMethod);

    public override async Task<SqlAuthenticationToken> AcquireTokenAsync(SqlAuthenticationParameters parameters)
    {
        // SqlClient passes no token for cancellation, and does not end the request when the connect timeout has elapsed.
        using var timeout = new CancellationTokenSource();
        if (parameters.ConnectionTimeout > 0)
        {
            timeout.CancelAfter(TimeSpan.FromSeconds(parameters.ConnectionTimeout));
        }

        try
        {
            var token = await credential.GetTokenAsync(
                new TokenRequestContext([parameters.Resource.TrimEnd('/') + "/.default"]),
                timeout.Token
            );
            return new SqlAuthenticationToken(token.Token, token.ExpiresOn);
        }
        // SqlClient reports any other exception as a violation of its API, with the exception's text.
        catch (Exception exception)
        {
            throw new EntraTokenException(
                parameters.AuthenticationMethod,
                IsTransient(exception),
                Describe(exception),
                exception
            );
        }
    }

    private static bool IsTransient(Exception exception) =>
        Causes(exception)
            .Any(cause =>
                cause switch
                {
                    OperationCanceledException or TimeoutException => true,
                    HttpRequestException or SocketException or IOException => true,
                    RequestFailedException { Status: var status } => IsTransient(status),
                    MsalServiceException service => service.IsRetryable || IsTransient(service.StatusCode),
                    MsalException { IsRetryable: var isRetryable } => isRetryable,
                    _ => false,
                }
            );

    // Zero means no response. The managed identity endpoint returns 404 and 410 while it is updated.
    private static bool IsTransient(int status) => status is 0 or 404 or 408 or 410 or 429 or >= 500;

    // Without the credential's own text, which is a page of help, and may quote the request.
    private static string Describe(Exception exception)
    {
        var causes = Causes(exception).ToList();
        return causes.Select(cause => ErrorCode().Match(cause.Message)).FirstOrDefault(match => match.Success)
                is { } code
                ? $"Microsoft Entra ID rejected the token request ({code.Value})"
            : causes.OfType<RequestFailedException>().FirstOrDefault(cause => cause.Status > 0) is { } refused
                ? $"the token request returned status {refused.Status}"
            : causes.Exists(cause => cause is OperationCanceledException or TimeoutException)
                ? "the token request timed out"
            : exception is CredentialUnavailableException ? "the hub has no Microsoft Entra ID identity"
            : $"the token request failed ({causes[^1].GetType().Name})";
    }

    private static IEnumerable<Exception> Causes(Exception exception) =>
        exception is AggregateException several
            ? several.InnerExceptions.SelectMany(Causes).Prepend(exception)
            : (exception.InnerException is { } inner ? Causes(inner) : []).Prepend(exception);

    [GeneratedRegex(@"\bAADSTS[0-9]{3,9}\b")]
    private static partial Regex ErrorCode();
}

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
