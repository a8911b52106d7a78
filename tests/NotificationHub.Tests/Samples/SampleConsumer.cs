using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.LocalBus;

namespace NotificationHub.Tests.Samples;

/// <summary>The process of a sample consumer, and the copies that it keeps.</summary>
internal abstract class SampleConsumer(SampleScene scene) : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> errors = new();
    private Process? process;

    /// <summary>What the processes printed to standard error.</summary>
    public string Errors => string.Join(Environment.NewLine, errors);

    public abstract string Subscription { get; }

    protected abstract IReadOnlyList<string> Command { get; }

    public static SampleConsumer Net(SampleScene scene) => new NetConsumer(scene);

    /// <summary>Installs the SDK; skips the test if that is impossible.</summary>
    public static async Task<SampleConsumer> JavaScriptAsync(SampleScene scene)
    {
        var folder = scene.File("consumer-js");
        Directory.CreateDirectory(folder);
        foreach (var name in (string[])["consumer.mjs", "package.json", "package-lock.json"])
        {
            File.Copy(Path.Combine(EventFiles.Root, "samples/consumer-js", name), Path.Combine(folder, name));
        }

        try
        {
            using var install = Process.Start(
                new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = folder }
            )!;
            await install.WaitForExitAsync();
            if (install.ExitCode != 0)
            {
                JavaScriptSdkTests.SkipOrFail("The JavaScript SDK could not be installed.");
            }
        }
        catch (Win32Exception)
        {
            JavaScriptSdkTests.SkipOrFail("Node and npm are not installed.");
        }

        return new JavaScriptConsumer(scene, Path.Combine(folder, "consumer.mjs"));
    }

    /// <param name="copy">The name of the copy; another name starts with nothing.</param>
    public void Start(string copy)
    {
        process = Process.Start(
            new ProcessStartInfo(
                Command[0],
                [.. Command.Skip(1), scene.HubUrl, scene.LocationId, scene.ConnectionString, FileOf(copy)]
            )
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
    }

    public async Task KillAsync()
    {
        if (process is not null)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
            process = null;
        }
    }

    /// <summary>The records as in <see cref="SampleScene.State"/>.</summary>
    public IReadOnlyList<string> Lines(string copy) =>
        File.Exists(FileOf(copy))
            ?
            [
                .. Read(FileOf(copy))
                    .Select(record => Line(record.Subject, record.Record))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    public Task UntilItHasAsync(string copy, IReadOnlyList<string> state) =>
        Until.TrueAsync(
            () =>
            {
                process!.HasExited.ShouldBeFalse("the sample has ended");
                return File.Exists(FileOf(copy)) && Lines(copy).SequenceEqual(state);
            },
            "the copy equals Apple's state"
        );

    public async ValueTask DisposeAsync() => await KillAsync();

    protected abstract IEnumerable<(string Subject, JsonElement Record)> Read(string file);

    public static string Line(string subject, JsonElement record) =>
        subject.StartsWith("assets/", StringComparison.Ordinal)
            ? $"{subject} {record.GetProperty("assignedCount")} {record.GetProperty("availableCount")} {record.GetProperty("totalCount")}"
            : subject;

    private string FileOf(string copy) => scene.File($"{GetType().Name}-{copy}.copy");

    private sealed class NetConsumer(SampleScene scene) : SampleConsumer(scene)
    {
        public override string Subscription => "deployment";

        protected override IReadOnlyList<string> Command =>
            [HubProcess.DotnetHost(), "exec", Path.Combine(AppContext.BaseDirectory, "Consumer.dll")];

        protected override IEnumerable<(string Subject, JsonElement Record)> Read(string file)
        {
            using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
            if (connection.ExecuteScalar<long>("select count(*) from sqlite_master where name = 'record'") == 0)
            {
                return [];
            }

            return connection
                .Query<(string Subject, string Json)>("select subject, json from record where json is not null")
                .Select(record => (record.Subject, JsonElement.Parse(record.Json)));
        }
    }

    private sealed class JavaScriptConsumer(SampleScene scene, string script) : SampleConsumer(scene)
    {
        public override string Subscription => "inventory";

        protected override IReadOnlyList<string> Command => ["node", script];

        protected override IEnumerable<(string Subject, JsonElement Record)> Read(string file) =>
            JsonElement
                .Parse(File.ReadAllText(file))
                .GetProperty("records")
                .EnumerateObject()
                .Where(one => one.Value.GetProperty("record").ValueKind == JsonValueKind.Object)
                .Select(one => (one.Name, one.Value.GetProperty("record")));
    }
}
