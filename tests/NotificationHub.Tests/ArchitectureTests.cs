using System.Reflection;

namespace NotificationHub.Tests;

/// <summary>The dependencies between folders, as in <c>docs/architecture.md</c>.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "NotificationHub";

    private static readonly Assembly Hub = typeof(HubApplication).Assembly;
    private static readonly Assembly Apple = typeof(NotificationHub.Apple.AppleClient).Assembly;
    private static readonly Assembly Bus = typeof(NotificationHub.LocalBus.LocalServiceBus).Assembly;
    private static readonly Assembly Events = typeof(NotificationHub.Events.EventTypes).Assembly;
    private static readonly Assembly Simulator = typeof(NotificationHub.Simulator.SimulatorProgram).Assembly;
    private static readonly Assembly Drill = typeof(NotificationHub.Drill.DrillProgram).Assembly;

    private static readonly string[] Libraries = ["Events", "Apple"];

    private static readonly string[] Base = ["Events", "Hosting", "Telemetry", "Storage", "Auth", "Health"];

    private static readonly string[] Stages =
    [
        "Locations",
        "Metadata",
        "Intake",
        "Publishing",
        "Replays",
        "Snapshots",
        "Refetch",
        "FullSync",
        "OperationTracking",
        "Routing",
        "Feed",
        "Relay",
        "Apple",
    ];

    /// <summary>The folders that each folder may use, all of them above it; last, the root itself. <c>CommandLine</c> may use all.</summary>
    public static TheoryData<string, string[]> Arrows =>
        new()
        {
            { "Hosting", [] },
            { "Telemetry", ["Hosting", "Apple"] },
            { "Storage", ["Hosting", "Telemetry", "Events"] },
            { "Auth", ["Hosting", "Telemetry", "Storage"] },
            { "Health", ["Hosting", "Telemetry", "Storage"] },
            { "Locations", [.. Base, "Apple"] },
            { "Metadata", [.. Base, "Locations", "Apple"] },
            { "Intake", [.. Base, "Locations"] },
            { "Publishing", [.. Base] },
            { "Replays", [.. Base, "Publishing"] },
            { "Snapshots", [.. Base] },
            { "Refetch", [.. Base, "Snapshots", "Locations", "Apple"] },
            { "FullSync", [.. Base, "Refetch", "Snapshots", "Locations", "Apple"] },
            { "OperationTracking", [.. Base, "Locations", "Apple"] },
            { "Routing", [.. Base, "Refetch", "OperationTracking", "Locations", "Snapshots"] },
            { "Feed", [.. Base, "Publishing", "Replays", "Snapshots", "FullSync"] },
            { "Relay", [.. Base, "Locations"] },
            { "Retention", [.. Base, .. Stages] },
            { "Erasure", [.. Base, .. Stages] },
            { "Diagnostics", [.. Base, .. Stages] },
            { "Admin", [.. Base, .. Stages, "Retention", "Erasure", "Diagnostics"] },
            { "WebConsole", [.. Base, .. Stages, "Retention", "Erasure", "Diagnostics", "Admin"] },
            { Root, [.. Base, .. Stages, "Retention", "Erasure", "Diagnostics", "Admin", "WebConsole"] },
        };

    [Theory]
    [MemberData(nameof(Arrows))]
    public void A_folder_uses_only_the_folders_of_its_arrows(string folder, string[] known)
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
    public void The_arrows_contain_no_cycle()
    {
        var above = Libraries.ToHashSet(StringComparer.Ordinal);
        foreach (var (folder, known) in Arrows.Select(arrow => arrow.Data))
        {
            known.Except(above).ShouldBeEmpty($"{folder} uses a folder that is not above it.");
            above.Add(folder);
        }
    }

    [Fact]
    public void Every_folder_has_its_arrows()
    {
        Hub.GetTypes()
            .Select(FolderOf)
            .Distinct()
            .Except([null, "CommandLine"], StringComparer.Ordinal)
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
    public void No_type_has_the_name_of_a_namespace()
    {
        string[] namespaces = [.. Arrows.Select(arrow => arrow.Data.Item1)];

        new[] { Hub, Apple, Events, Bus, Simulator, Drill }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => namespaces.Contains(type.Name))
            .ShouldBeEmpty();
    }

    /// <summary>The first folder below the root, or the root; null for other namespaces and for <c>Program</c>.</summary>
    private static string? FolderOf(Type type) =>
        type.Namespace?.Split('.') switch
        {
            [Root] => Root,
            [Root, var folder, ..] => folder,
            _ => null,
        };

    private static IEnumerable<string?> Ours(Assembly assembly) =>
        assembly
            .GetReferencedAssemblies()
            .Select(name => name.Name)
            .Where(name => name!.StartsWith(Root, StringComparison.Ordinal));
}
