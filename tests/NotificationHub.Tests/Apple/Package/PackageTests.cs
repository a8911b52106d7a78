using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

namespace NotificationHub.Tests.Apple.Package;

public sealed class PackageTests(PackedClient packed) : IClassFixture<PackedClient>
{
    // Portable PDB format: the kind of the SourceLink document.
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    [Fact]
    public void The_package_has_the_library_its_documentation_and_the_README()
    {
        using var package = packed.Open("nupkg");

        package
            .Entries.Select(entry => entry.FullName)
            .Where(name =>
                name is not ("[Content_Types].xml" or "_rels/.rels")
                && !name.StartsWith("package/", StringComparison.Ordinal)
            )
            .ShouldBe(
                [
                    "NotificationHub.Apple.nuspec",
                    "README.md",
                    "lib/net10.0/NotificationHub.Apple.dll",
                    "lib/net10.0/NotificationHub.Apple.xml",
                ],
                ignoreOrder: true
            );
        Read(package.GetEntry("README.md")!.Open()).ShouldBe(ClientSource.Readme);
        Read(package.GetEntry("lib/net10.0/NotificationHub.Apple.xml")!.Open())
            .ShouldContain("T:NotificationHub.Apple.AppleClient");
    }

    [Fact]
    public void The_manifest_names_license_README_repository_and_dependencies()
    {
        using var package = packed.Open("nupkg");

        var manifest = XDocument.Load(package.GetEntry("NotificationHub.Apple.nuspec")!.Open()).Root!;

        var license = Only(manifest, "license");
        ((string?)license.Attribute("type"), license.Value).ShouldBe(("expression", "MIT"));
        Only(manifest, "readme").Value.ShouldBe("README.md");
        Only(manifest, "id").Value.ShouldBe("NotificationHub.Apple");
        Only(manifest, "description").Value.ShouldNotBeEmpty();
        var repository = Only(manifest, "repository");
        ((string?)repository.Attribute("url")).ShouldBe($"{PackedClient.RepositoryUrl}.git");
        ((string?)repository.Attribute("commit")).ShouldBe(packed.Commit);
        manifest
            .Descendants()
            .Where(element => element.Name.LocalName == "dependency")
            .Select(element => (string?)element.Attribute("id"))
            .ShouldBe(["Microsoft.Extensions.Http", "Polly.Core"], ignoreOrder: true);
    }

    [Fact]
    public void The_symbols_link_to_the_source_of_the_commit()
    {
        using var symbols = packed.Open("snupkg");
        using var stream = new MemoryStream();
        symbols.GetEntry("lib/net10.0/NotificationHub.Apple.pdb")!.Open().CopyTo(stream);
        stream.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(stream);
        var pdb = provider.GetMetadataReader();

        var link = pdb
            .CustomDebugInformation.Select(pdb.GetCustomDebugInformation)
            .Single(information => pdb.GetGuid(information.Kind) == SourceLink);

        Encoding
            .UTF8.GetString(pdb.GetBlobBytes(link.Value))
            .ShouldContain($"https://raw.githubusercontent.com/owner/repository/{packed.Commit}/*");
    }

    private static XElement Only(XElement manifest, string name) =>
        manifest.Descendants().Single(element => element.Name.LocalName == name);

    private static string Read(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
