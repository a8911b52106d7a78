using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Apple;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Locations;

/// <summary>A command in its own process, which can crash at a step: no <c>catch</c> and no <c>finally</c> runs after it.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly CrashPoint crashPoint;

    private OperatorProcess(WebApplication app, CrashPoint crashPoint)
    {
        this.app = app;
        this.crashPoint = crashPoint;
    }

    /// <param name="crashesAt">The step, from 1; 0 for never.</param>
    /// <param name="afterStep">Whether the step completes before the crash.</param>
    public static async Task<OperatorProcess> StartAsync(
        RegistrationScene scene,
        int crashesAt = 0,
        bool afterStep = false
    )
    {
        var crashPoint = new CrashPoint(crashesAt, afterStep);
        var hub = HubApplication.Compose([
            .. scene.Hub.Store.Settings.Select(setting => $"--{setting}"),
            $"--Apple:BaseUrl={scene.Apple.BaseUrl}",
            "--environment=Development",
        ]);
        hub.Host.Logging.ClearProviders();
        hub.Services.AddSingleton<Database>(services => new CrashingDatabase(
            StorageSetup.Create(
                services.GetRequiredService<Microsoft.Extensions.Options.IOptions<StorageOptions>>().Value,
                TimeProvider.System
            ),
            crashPoint
        ));
        hub.Services.AddHttpClient(AppleClient.HttpClientName)
            .AddHttpMessageHandler(() => new CrashingNetwork(crashPoint));
        var app = hub.Host.Build();
        await app.Services.GetRequiredService<Database>().OpenBesideAsync(CancellationToken.None);
        await app.Services.GetRequiredService<HubKeyRing>().OpenAsync(createsKeys: false, CancellationToken.None);
        return new OperatorProcess(app, crashPoint);
    }

    /// <returns>The result; Null if the process crashed or the command failed.</returns>
    public async Task<T?> RunAsync<TOperation, T>(Func<TOperation, Task<T>> work)
        where TOperation : notnull
        where T : class
    {
        var working = work(app.Services.GetRequiredService<TOperation>());
        await Task.WhenAny(working, crashPoint.Crashed);
        return crashPoint.Crashed.IsCompleted ? null : await working;
    }

    public bool HasCrashed => crashPoint.Crashed.IsCompleted;

    // A crashed process must not be awaited.
    public async ValueTask DisposeAsync()
    {
        if (!HasCrashed)
        {
            await app.DisposeAsync();
        }
    }

    private sealed class CrashPoint(int crashesAt, bool afterStep)
    {
        private readonly TaskCompletionSource crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int steps;

        public Task Crashed => crashed.Task;

        public async Task<T> StepAsync<T>(Func<Task<T>> step)
        {
            var isLast = Interlocked.Increment(ref steps) == crashesAt;
            if ((isLast && !afterStep) || Crashed.IsCompleted)
            {
                await CrashAsync();
            }

            var result = await step();
            if (isLast)
            {
                await CrashAsync();
            }

            return result;
        }

        private Task CrashAsync()
        {
            crashed.TrySetResult();
            return Task.Delay(Timeout.Infinite);
        }
    }

    private sealed class CrashingNetwork(CrashPoint crashPoint) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => crashPoint.StepAsync(() => base.SendAsync(request, cancellationToken));
    }

    private sealed class CrashingDatabase(Database database, CrashPoint crashPoint) : DelegatingDatabase(database)
    {
        public override Task<T> WriteAsync<T>(
            Func<WriteTransaction, Task<T>> work,
            CancellationToken cancellationToken
        ) => crashPoint.StepAsync(() => base.WriteAsync(work, cancellationToken));

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Inner.DisposeAsync();
        }
    }
}
