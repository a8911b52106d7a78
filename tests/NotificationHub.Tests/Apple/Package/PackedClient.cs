using System.Diagnostics;
using System.IO.Compression;

namespace NotificationHub.Tests.Apple.Package;

/// <summary>The packages of the Apple client.</summary>
public sealed class PackedClient() : PackedLibrary(ClientSource.Folder);

/// <summary>The packages of a library, packed once from a copy of its source in a git repository of their own.</summary>
public abstract class PackedLibrary(string library) : IAsyncLifetime
{
    public const string RepositoryUrl = "https://github.com/owner/repository";

    private static readonly string[] RootFiles =
    [
        ".editorconfig",
        "BannedSymbols.txt",
        "Directory.Build.props",
        "Directory.Packages.props",
        "global.json",
        "LICENSE",
    ];

    private readonly TemporaryFolder folder = new();

    public string Commit { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        CopySource();
        await RunAsync("git", "init", "--quiet");
        await RunAsync("git", "remote", "add", "origin", $"{RepositoryUrl}.git");
        await RunAsync("git", "add", "--all");
        await RunAsync(
            "git",
            ["-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "source"]
        );
        Commit = (await RunAsync("git", "rev-parse", "HEAD")).Trim();
        await RunAsync(
            "dotnet",
            [
                "pack",
                library,
                "--output",
                "packages",
                "--nologo",
                // No process stays behind, and the analyzers run in the normal build.
                "-nodeReuse:false",
                "-p:UseSharedCompilation=false",
                "-p:RunAnalyzers=false",
                "-p:NuGetAudit=false",
            ]
        );
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <param name="extension"><c>nupkg</c> or <c>snupkg</c>.</param>
    public ZipArchive Open(string extension) =>
        ZipFile.OpenRead(Directory.GetFiles(Path.Combine(folder.Path, "packages"), $"*.{extension}").Single());

    private void CopySource()
    {
        var source = Path.Combine(ClientSource.Root, library);
        var files = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories);
        foreach (var file in files.Concat(RootFiles.Select(name => Path.Combine(ClientSource.Root, name))))
        {
            var copy = Path.Combine(folder.Path, Path.GetRelativePath(ClientSource.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // dotnet test sets these for itself, and git hooks set the others.
        foreach (var name in start.Environment.Keys.Where(IsOfAnotherRun).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{await output}\n{await errors}");
        return await output;
    }

    private static bool IsOfAnotherRun(string variable) =>
        variable.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("GIT_", StringComparison.Ordinal);
}
