using Xunit.Abstractions;
using Xunit.Sdk;

namespace NotificationHub.Tests.Storage.Stores;

internal sealed class StoreFactDiscoverer(IMessageSink diagnosticMessageSink) : FactDiscoverer(diagnosticMessageSink)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo factAttribute
    ) =>
        SkippedTestCase.IsOne(testMethod)
            ? SkippedTestCase.Of(DiagnosticMessageSink, discoveryOptions, testMethod)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}

internal sealed class StoreTheoryDiscoverer(IMessageSink diagnosticMessageSink)
    : TheoryDiscoverer(diagnosticMessageSink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo theoryAttribute
    ) =>
        SkippedTestCase.IsOne(testMethod)
            ? [SkippedTestCase.Of(DiagnosticMessageSink, discoveryOptions, testMethod)]
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);
}

/// <summary>A test whose class needs a SQL Server, where there is none. xunit 2 knows no other reason to skip than the attribute's own.</summary>
internal sealed class SkippedTestCase : XunitTestCase
{
#pragma warning disable CS0618 // How xunit makes one from what a runner has kept of it.
    public SkippedTestCase() { }
#pragma warning restore CS0618

    private SkippedTestCase(
        IMessageSink diagnosticMessageSink,
        TestMethodDisplay display,
        TestMethodDisplayOptions displayOptions,
        ITestMethod testMethod
    )
        : base(diagnosticMessageSink, display, displayOptions, testMethod) { }

    public static bool IsOne(ITestMethod testMethod) =>
        testMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsSqlServerAttribute)).Any()
        && TestServer.SkipReason is not null;

    public static SkippedTestCase Of(
        IMessageSink diagnosticMessageSink,
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod
    ) =>
        new(
            diagnosticMessageSink,
            discoveryOptions.MethodDisplayOrDefault(),
            discoveryOptions.MethodDisplayOptionsOrDefault(),
            testMethod
        );

    protected override string? GetSkipReason(IAttributeInfo factAttribute) => TestServer.SkipReason;
}
