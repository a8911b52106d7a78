using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NotificationHub.Hosting;

namespace NotificationHub.CommandLine;

/// <summary>Explains why the hub cannot listen on its addresses.</summary>
internal static class ListenError
{
    /// <summary>The error for the operator; null for an exception that Kestrel did not throw.</summary>
    public static Exception? Find(Exception exception, IReadOnlyList<ListenAddress> addresses) =>
        exception switch
        {
            IOException { InnerException: AddressInUseException or AggregateException } => new CommandException(
                ExitCode.Failed,
                $"{exception.Message.TrimEnd('.')}. Stop the program that uses the port, or set another port with {NamesOf(addresses)}."
            ),
            // It does not contain the address.
            SocketException => new CommandException(
                ExitCode.Failed,
                $"The hub cannot listen on {string.Join(", ", addresses.Select(address => address.Url))}: "
                    + $"{exception.Message}. Set an address of this machine that the hub's user may use with {NamesOf(addresses)}, "
                    + "for example http://+:8080."
            ),
            _ when IsFromKestrel(exception) => ExplainSetting(exception, addresses),
            _ => null,
        };

    private static ConfigurationException ExplainSetting(Exception exception, IReadOnlyList<ListenAddress> addresses)
    {
        // The next lines recommend a certificate for development.
        var cause = $"{exception.Message.ReplaceLineEndings("\n").Split('\n')[0].TrimEnd('.')}.";
        return new ConfigurationException([
            addresses.FirstOrDefault(address =>
                address.Url.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)
            )
                is { } https
                ? $"  {https.Setting}: '{https.Url}' requires a certificate. {cause} Set Kestrel:Certificates:Default:Path and "
                    + "Kestrel:Certificates:Default:KeyPath to PEM files with a certificate and its key, or use http."
                : $"  Kestrel: {cause}",
        ]);
    }

    private static string NamesOf(IEnumerable<ListenAddress> addresses) =>
        string.Join(" or ", addresses.Select(address => $"--{address.Setting}").Distinct(StringComparer.Ordinal));

    private static bool IsFromKestrel(Exception exception) =>
        new StackTrace(exception)
            .GetFrames()
            .Any(frame => frame.GetMethod()?.DeclaringType?.Assembly == typeof(KestrelServer).Assembly);
}
