using Microsoft.Playwright;
using NotificationHub.LocalBus;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

/// <summary>A hub in Development, and a tab of a browser that needs no sign-in.</summary>
/// <param name="hasBus">Whether the hub publishes to a local Service Bus.</param>
public abstract class ConsoleTests(Chromium chromium, bool hasBus = false) : IAsyncLifetime
{
    protected Chromium Chromium => chromium;

    private protected LocalServiceBus Bus { get; private set; } = null!;

    private protected HubHost Hub { get; private set; } = null!;

    private protected ConsoleTab Tab { get; private set; } = null!;

    private protected IPage Page => Tab.Page;

    public async ValueTask InitializeAsync()
    {
        if (hasBus)
        {
            Bus = await LocalServiceBus.StartAsync();
        }

        Hub = await HubHost.StartAsync(hasBus ? [$"ServiceBus:ConnectionString={Bus.ConnectionString}"] : []);
        Tab = await chromium.OpenAsync(Hub.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        await Tab.DisposeAsync();
        await Hub.DisposeAsync();
        if (hasBus)
        {
            await Bus.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
