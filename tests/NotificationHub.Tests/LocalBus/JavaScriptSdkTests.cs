using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using NotificationHub.LocalBus;
using Xunit.Sdk;

namespace NotificationHub.Tests.LocalBus;

/// <summary>The official JavaScript SDK, an independent AMQP client that shares no code with the .NET SDK or the broker.</summary>
public sealed class JavaScriptSdkTests : IDisposable
{
    /// <summary>Set to 1 if Node must be installed: the test then fails instead of being skipped.</summary>
    public const string RequireVariable = "NOTIFICATIONHUB_REQUIRE_NODE";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_JavaScript_SDK_sends_receives_and_manages()
    {
        if (await RunAsync("npm", "--version") is null)
        {
            SkipOrFail("Node and npm are not installed.");
        }

        var source = Path.Combine(AppContext.BaseDirectory, "JavaScript");
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, folder.File(Path.GetFileName(file)));
        }

        var install = await RunAsync("npm", "ci", "--no-audit", "--no-fund");
        if (install is not { ExitCode: 0 })
        {
            SkipOrFail($"The JavaScript SDK could not be installed: {install?.Output}");
        }

        await using var bus = await LocalServiceBus.StartAsync(
            new LocalServiceBusOptions
            {
                Topology = Topology.Parse(await File.ReadAllTextAsync(Path.Combine(source, "topics.json"))),
            }
        );

        var checks = await RunAsync("node", "check.mjs", bus.ConnectionString, "orders", "plain", "ordered");

        checks.ShouldNotBeNull().ExitCode.ShouldBe(0, checks.Value.Output);
        checks
            .Value.Output.Split('\n')
            .Count(line => line.StartsWith("passed: ", StringComparison.Ordinal))
            .ShouldBe(15);
    }

    [Fact]
    public void A_missing_SDK_fails_the_test_where_Node_is_required() =>
        Should
            .Throw<FailException>(() => SkipOrFail("npm ci failed.", required: "1"))
            .Message.ShouldContain("npm ci failed.");

    public void Dispose() => folder.Dispose();

    [DoesNotReturn]
    internal static void SkipOrFail(string reason) =>
        SkipOrFail(reason, Environment.GetEnvironmentVariable(RequireVariable));

    [DoesNotReturn]
    private static void SkipOrFail(string reason, string? required)
    {
        if (required == "1")
        {
            Assert.Fail($"{RequireVariable} is 1. {reason}");
        }

        Assert.Skip(reason);
    }

    private async Task<(int ExitCode, string Output)?> RunAsync(string command, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(command, arguments)
            {
                WorkingDirectory = folder.Path,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }

        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
