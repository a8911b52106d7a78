using System.Diagnostics;
using System.Reflection;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>A copy of <c>infra/bicep</c> for the Bicep compiler to work on.</summary>
internal sealed class BicepWorkspace : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public BicepWorkspace()
    {
        foreach (var file in Directory.EnumerateFiles(BicepFiles.Folder, "*", SearchOption.AllDirectories))
        {
            var copy = folder.File(Path.GetRelativePath(BicepFiles.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            System.IO.File.Copy(file, copy);
        }
    }

    /// <summary>The compiler's path; null on a platform without the package.</summary>
    public static string? Compiler { get; } =
        typeof(BicepWorkspace)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .SingleOrDefault(metadata => metadata.Key == "BicepPath")
            ?.Value;

    public string File(string path) => folder.File(path);

    /// <summary>
    /// Runs the compiler and returns its output. Any diagnostic fails: to the compiler a wrong property, value or API version is only a
    /// warning, and it exits with 0.
    /// </summary>
    public string Run(params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Compiler!, arguments)
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HUB_IMAGE"] = "contoso.azurecr.io/notificationhub:0.1.0";
        start.Environment["SQL_ADMIN_GROUP"] = "hub database";
        start.Environment["SQL_ADMIN_GROUP_ID"] = "44444444-4444-4444-4444-444444444444";
        start.Environment["ALERT_EMAIL"] = Deployment.AlertEmail;
        start.Environment.Remove("HUB_REGISTRY_ID");

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var diagnostics = errors.GetAwaiter().GetResult();
        return process.ExitCode == 0 && diagnostics.Length == 0
            ? output
            : throw new InvalidOperationException(
                $"bicep {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{diagnostics}"
            );
    }

    public void Dispose() => folder.Dispose();
}
