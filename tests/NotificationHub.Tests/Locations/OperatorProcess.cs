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
    private readonly Mortality mortality;

    private OperatorProcess(WebApplication app, Mortality mortality)
    {
        this.app = app;
        this.mortality = mortality;
    }

    /// <param name="diesAt">The step, from 1; 0 for never.</param>
    /// <param name="afterIt">Whether the step completes before the crash.</param>
    public static async Task<OperatorProcess> StartAsync(RegistrationScene scene, int diesAt = 0, bool afterIt = false)
    {
        var mortality = new Mortality(diesAt, afterIt);
        var hub = HubApplication.Compose([
            .. scene.Hub.Store.Settings.Select(setting => $"--{setting}"),
            $"--Apple:BaseUrl={scene.Apple.BaseUrl}",
        ]);
        hub.Host.Logging.ClearProviders();
        hub.Services.AddSingleton<Database>(services => new MortalDatabase(
            StorageSetup.Create(
                services.GetRequiredService<Microsoft.Extensions.Options.IOptions<StorageOptions>>().Value,
                TimeProvider.System
            ),
            mortality
        ));
        hub.Services.AddHttpClient(AppleClient.HttpClientName)
            .AddHttpMessageHandler(() => new MortalNetwork(mortality));
        var app = hub.Host.Build();
        await app.Services.GetRequiredService<Database>().OpenBesideAsync(CancellationToken.None);
        await app.Services.GetRequiredService<HubKeyRing>().OpenAsync(createsKeys: false, CancellationToken.None);
        return new OperatorProcess(app, mortality);
    }

    /// <returns>The result; Null if the process crashed or the command failed.</returns>
    public async Task<T?> RunAsync<TOperation, T>(Func<TOperation, Task<T>> work)
        where TOperation : notnull
        where T : class
    {
        var working = work(app.Services.GetRequiredService<TOperation>());
        await Task.WhenAny(working, mortality.Died);
        return mortality.Died.IsCompleted ? null : await working;
    }

    public bool IsDead => mortality.Died.IsCompleted;

    // A crashed process must not be awaited.
    public async ValueTask DisposeAsync()
    {
        if (!IsDead)
        {
            await app.DisposeAsync();
        }
    }

    private sealed class Mortality(int diesAt, bool afterIt)
    {
        private readonly TaskCompletionSource died = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int steps;

        public Task Died => died.Task;

        public async Task<T> StepAsync<T>(Func<Task<T>> step)
        {
            var isLast = Interlocked.Increment(ref steps) == diesAt;
            if ((isLast && !afterIt) || Died.IsCompleted)
            {
                await DieAsync();
            }

            var result = await step();
            if (isLast)
            {
                await DieAsync();
            }

            return result;
        }

        private Task DieAsync()
        {
            died.TrySetResult();
            return Task.Delay(Timeout.Infinite);
        }
    }

    private sealed class MortalNetwork(Mortality mortality) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => mortality.StepAsync(() => base.SendAsync(request, cancellationToken));
    }

    private sealed class MortalDatabase(Database database, Mortality mortality) : DelegatingDatabase(database)
    {
        public override Task<T> WriteAsync<T>(
            Func<WriteTransaction, Task<T>> work,
            CancellationToken cancellationToken
        ) => mortality.StepAsync(() => base.WriteAsync(work, cancellationToken));

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Inner.DisposeAsync();
        }
    }
}
