using NotificationHub.Storage;

namespace NotificationHub.Tests;

internal static class TestActor
{
    public static Actor Operator { get; } = new("key:operator", "192.0.2.7");
}
