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
    // The others need a user who signs in, or a secret in the connection string.
    private static readonly SqlAuthenticationMethod[] Methods =
    [
        SqlAuthenticationMethod.ActiveDirectoryDefault,
        SqlAuthenticationMethod.ActiveDirectoryManagedIdentity,
        SqlAuthenticationMethod.ActiveDirectoryMSI,
        SqlAuthenticationMethod.ActiveDirectoryWorkloadIdentity,
    ];

    public static bool IsServed(SqlAuthenticationMethod method) => Methods.Contains(method);

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

    public override bool IsSupported(SqlAuthenticationMethod authenticationMethod) => IsServed(authenticationMethod);

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

    // Zero is no response. The endpoint for managed identities answers 404 and 410 while it is updated.
    private static bool IsTransient(int status) => status is 0 or 404 or 408 or 410 or 429 or >= 500;

    // The credential's own text stays out of it: it is a page of help, and may quote the request.
    private static string Describe(Exception exception)
    {
        var causes = Causes(exception).ToList();
        return causes.Select(cause => ErrorCode().Match(cause.Message)).FirstOrDefault(match => match.Success)
                is { } code
                ? $"Microsoft Entra ID refused the request for a token ({code.Value})"
            : causes.OfType<RequestFailedException>().FirstOrDefault(cause => cause.Status > 0) is { } refused
                ? $"the request for a token was answered with status {refused.Status}"
            : causes.Exists(cause => cause is OperationCanceledException or TimeoutException)
                ? "the request for a token was not answered in time"
            : exception is CredentialUnavailableException ? "no identity of Microsoft Entra ID is available to the hub"
            : $"the request for a token failed ({causes[^1].GetType().Name})";
    }

    private static IEnumerable<Exception> Causes(Exception exception) =>
        exception is AggregateException several
            ? several.InnerExceptions.SelectMany(Causes).Prepend(exception)
            : (exception.InnerException is { } inner ? Causes(inner) : []).Prepend(exception);

    [GeneratedRegex(@"\bAADSTS[0-9]{3,9}\b")]
    private static partial Regex ErrorCode();
}
