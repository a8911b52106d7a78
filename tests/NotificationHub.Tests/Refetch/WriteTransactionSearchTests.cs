using System.Reflection;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Refetch;

/// <summary>A scan of a location's records takes too long to run inside the writer.</summary>
public sealed class WriteTransactionSearchTests
{
    [Fact]
    public void No_write_transaction_searches_a_range_of_records()
    {
        const BindingFlags every =
            BindingFlags.Static
            | BindingFlags.Instance
            | BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;
        var methods = typeof(AbsentRecords).Assembly.GetTypes().SelectMany(type => type.GetMethods(every)).ToList();

        methods.Where(method => Takes(method, typeof(KeyRange))).ShouldNotBeEmpty();
        methods
            .Where(method => Takes(method, typeof(KeyRange)) && Takes(method, typeof(WriteTransaction)))
            .Select(method => $"{method.DeclaringType?.Name}.{method.Name}")
            .ShouldBeEmpty();
    }

    private static bool Takes(MethodInfo method, Type type) =>
        method.GetParameters().Any(parameter => parameter.ParameterType == type);
}
