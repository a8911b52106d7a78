using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

/// <summary>What retention must do on every engine.</summary>
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
