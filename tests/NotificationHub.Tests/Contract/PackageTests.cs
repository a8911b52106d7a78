using System.Xml.Linq;
using NotificationHub.Tests.Apple.Package;

namespace NotificationHub.Tests.Contract;

/// <summary>The packages of the Events library.</summary>
public sealed class PackedEvents() : PackedLibrary("src/NotificationHub.Events");

public sealed class PackageTests(PackedEvents packed) : IClassFixture<PackedEvents>
{
    [Fact]
    public void The_package_has_the_library_its_documentation_and_the_README_and_no_dependency()
    {
        using var package = packed.Open("nupkg");

        foreach (
            var name in (string[])
                ["README.md", "lib/net10.0/NotificationHub.Events.dll", "lib/net10.0/NotificationHub.Events.xml"]
        )
        {
            package.GetEntry(name).ShouldNotBeNull(name);
        }

        var manifest = XDocument.Load(package.GetEntry("NotificationHub.Events.nuspec")!.Open());
        var elements = manifest.Descendants().ToLookup(element => element.Name.LocalName);
        elements["dependency"].ShouldBeEmpty();
        elements["readme"].Single().Value.ShouldBe("README.md");
        elements["license"].Single().Value.ShouldBe("MIT");
        ((string?)elements["repository"].Single().Attribute("commit")).ShouldBe(packed.Commit);
    }

    [Fact]
    public void The_symbols_are_packed() =>
        packed.Open("snupkg").GetEntry("lib/net10.0/NotificationHub.Events.pdb").ShouldNotBeNull();
}
