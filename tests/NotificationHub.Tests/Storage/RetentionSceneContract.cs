using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

/// <summary>The base of the retention tests for both engines.</summary>
public abstract class RetentionSceneContract : StoreContract
{
    private RetentionScene? scene;

    private protected RetentionScene Scene => scene ?? throw new InvalidOperationException("The store is not open.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        scene = new RetentionScene(Test, RetentionScene.Bus);
    }

    public override async ValueTask DisposeAsync()
    {
        scene?.Dispose();
        await base.DisposeAsync();
    }
}
