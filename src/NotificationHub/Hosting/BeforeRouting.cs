namespace NotificationHub.Hosting;

// Routing runs the intake at once, and authorization responds before any middleware of the application runs.
/// <summary>Middleware that runs before routing.</summary>
internal sealed class BeforeRouting(Func<RequestDelegate, RequestDelegate> middleware) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(middleware);
            next(app);
        };
}
