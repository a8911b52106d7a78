using Microsoft.Extensions.DependencyInjection;

namespace NotificationHub.Tests.Hosting;

internal static class TestWorkers
{
    public static void RemoveWorker<T>(this IServiceCollection services) =>
        services.Remove(
            services.Single(service => service.IsKeyedService && service.KeyedImplementationType == typeof(T))
        );
}
