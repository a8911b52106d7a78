using System.Reflection;

namespace NotificationHub.Tests;

/// <summary>The arrows of <c>docs/architecture.md</c>: who may know whom.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "NotificationHub";

    private static readonly Assembly Hub = typeof(HubApplication).Assembly;
    private static readonly Assembly Apple = typeof(NotificationHub.Apple.AppleClient).Assembly;
    private static readonly Assembly Bus = typeof(NotificationHub.LocalBus.LocalServiceBus).Assembly;
    private static readonly Assembly Events = typeof(NotificationHub.Events.EventTypes).Assembly;
    private static readonly Assembly Simulator = typeof(NotificationHub.Simulator.SimulatorProgram).Assembly;
    private static readonly Assembly Drill = typeof(NotificationHub.Drill.DrillProgram).Assembly;

    private static readonly string[] Base = ["Hosting", "Telemetry", "Storage", "Auth", "Events"];

    private static readonly string[] Stages =
    [
        "Locations",
        "Intake",
        "Publishing",
        "Snapshots",
        "Refetch",
        "FullSync",
        "OperationTracking",
        "Routing",
        "Feed",
        "Apple",
    ];

    /// <summary>What each folder may know of the others. <c>CommandLine</c> and <c>Program</c> know all.</summary>
    public static TheoryData<string, string[]> Arrows =>
        new()
        {
            { "Hosting", [] },
            { "Telemetry", ["Hosting"] },
            { "Storage", ["Hosting", "Telemetry", "Events"] },
            { "Auth", ["Hosting", "Telemetry", "Storage"] },
            { "Locations", [.. Base, "Apple"] },
            { "Intake", [.. Base, "Locations"] },
            { "Publishing", [.. Base] },
            { "Snapshots", [.. Base, "Refetch"] },
            { "Refetch", [.. Base, "FullSync", "Snapshots", "Locations", "Apple"] },
            { "FullSync", [.. Base, "Refetch", "Snapshots", "Locations", "Apple"] },
            { "OperationTracking", [.. Base, "Locations", "Apple"] },
            { "Routing", [.. Base, "Refetch", "OperationTracking", "Locations", "Snapshots"] },
            { "Feed", [.. Base, "Publishing", "Snapshots"] },
            { "Retention", [.. Base, .. Stages] },
            { "Erasure", [.. Base, .. Stages] },
            { "Health", [.. Base, .. Stages, "Retention"] },
            { "Diagnostics", [.. Base, .. Stages] },
            { "Admin", [.. Base, .. Stages, "Retention", "Erasure", "Diagnostics", "Health"] },
        };

    [Theory]
    [MemberData(nameof(Arrows))]
    public void A_folder_knows_only_what_its_arrows_point_at(string folder, string[] known)
    {
        var types = Hub.GetTypes().Where(type => FolderOf(type) == folder).ToList();
        types.ShouldNotBeEmpty();

        var unwanted =
            from type in types
            from referenced in ReferencedTypes.Of(type)
            let other = FolderOf(referenced)
            where other is not null && other != folder && !known.Contains(other)
            select $"{type.FullName} -> {referenced.FullName}";

        unwanted.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void Every_folder_has_its_arrows()
    {
        string?[] knowing = ["CommandLine"];
        Hub.GetTypes()
            .Select(FolderOf)
            .Distinct()
            .Except([null, .. knowing], StringComparer.Ordinal)
            .ShouldBe(Arrows.Select(arrow => arrow.Data.Item1), ignoreOrder: true);
    }

    [Fact]
    public void Projects_reference_only_the_projects_below_them()
    {
        Ours(Apple).ShouldBeEmpty();
        Ours(Events).ShouldBeEmpty();
        Ours(Bus).ShouldBeEmpty();
        Ours(Hub).ShouldBe([Apple.GetName().Name, Events.GetName().Name], ignoreOrder: true);
        Ours(Simulator).ShouldNotContain(Drill.GetName().Name);
    }

    [Fact]
    public void No_type_bears_the_name_of_a_namespace()
    {
        string[] namespaces = [Root, .. Arrows.Select(arrow => arrow.Data.Item1)];

        new[] { Hub, Apple, Events, Bus, Simulator, Drill }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => namespaces.Contains(type.Name))
            .ShouldBeEmpty();
    }

    /// <summary>The first folder below <c>NotificationHub</c>; null for what is not ours, and for what lies in no folder.</summary>
    private static string? FolderOf(Type type) => type.Namespace?.Split('.') is [Root, var folder, ..] ? folder : null;

    private static IEnumerable<string?> Ours(Assembly assembly) =>
        assembly
            .GetReferencedAssemblies()
            .Select(name => name.Name)
            .Where(name => name!.StartsWith(Root, StringComparison.Ordinal));
}
