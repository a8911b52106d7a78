namespace NotificationHub.Hosting;

/// <summary>Background services that need the database: they start after the server, once the database is open.</summary>
internal static class Workers
{
    private const string Key = "worker";

    public static void AddWorker<T>(this IServiceCollection services)
        where T : class, IHostedService => services.AddKeyedSingleton<IHostedService, T>(Key);

    public static void AddWorker(this IServiceCollection services, Func<IServiceProvider, IHostedService> create) =>
        services.AddKeyedSingleton(Key, (provider, _) => create(provider));

    /// <summary>Gets the workers in the order of their registration.</summary>
    public static IEnumerable<IHostedService> GetWorkers(this IServiceProvider services) =>
        services.GetKeyedServices<IHostedService>(Key);

    public static T GetWorker<T>(this IServiceProvider services) => services.GetWorkers().OfType<T>().Single();
}
