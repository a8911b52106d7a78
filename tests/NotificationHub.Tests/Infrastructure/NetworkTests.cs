using System.Net;
using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The network and the ways into it.</summary>
public sealed class NetworkTests
{
    private const string Network = "Microsoft.Network/virtualNetworks";

    [BicepFact]
    public void A_deployment_keeps_subnets_and_peerings_that_others_have_added()
    {
        // A property with a list removes what the list lacks.
        var properties = Deployment.Prod.One(Network).At("properties");

        properties.Find("subnets").ShouldBeNull();
        properties.Find("virtualNetworkPeerings").ShouldBeNull();
        NamesOfSubnets(Deployment.Prod).ShouldBe(["apps", "endpoints", "operators"], ignoreOrder: true);
        NamesOfSubnets(Deployment.Dev).ShouldBe(["apps", "endpoints"], ignoreOrder: true);
    }

    [BicepFact]
    public void Subnets_are_changed_one_at_a_time()
    {
        var subnets = Deployment
            .Main.At("resources.network.properties.template.resources")
            .EnumerateArray()
            .Where(resource => resource.Text("type") == $"{Network}/subnets")
            .ToArray();

        // Each depends on the one before it.
        subnets
            .Skip(1)
            .Zip(subnets)
            .ShouldAllBe(pair =>
                pair.First.Texts("dependsOn")
                    .Any(id => id!.EndsWith($"{NameIn(pair.Second)}", StringComparison.Ordinal))
            );
        subnets.Length.ShouldBe(3);
    }

    [BicepFact]
    public void Subnets_do_not_overlap()
    {
        var ranges = Deployment
            .Prod.OfType($"{Network}/subnets")
            .Select(subnet => IPNetwork.Parse(subnet.Text("properties.addressPrefix")!))
            .ToArray();

        ranges.ShouldAllBe(range => ranges.Count(other => other.Contains(range.BaseAddress)) == 1);
    }

    [BicepFact]
    public void Names_of_private_endpoints_resolve_in_linked_networks()
    {
        var links = Deployment.Prod.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks").ToArray();

        links.Length.ShouldBe(2 * Zones(Deployment.Prod));
        links
            .Count(link => link.Text("properties.virtualNetwork.id") == Deployment.LinkedNetworkId)
            .ShouldBe(Zones(Deployment.Prod));
        links.Select(link => link.Text("id")).ShouldBeUnique();
    }

    private static int Zones(Deployment deployment)
    {
        var zones = deployment.OfType("Microsoft.Network/privateDnsZones").Count();
        zones.ShouldBe(3, "the database, the vault and the namespace");
        return zones;
    }

    // The end of an expression: 'apps')].
    private static string NameIn(JsonElement subnet)
    {
        var name = subnet.Text("name")!;
        return name[name.LastIndexOf('\'', name.Length - 4)..];
    }

    private static IEnumerable<string> NamesOfSubnets(Deployment deployment) =>
        deployment.OfType($"{Network}/subnets").Select(subnet => subnet.Text("name")!.Split('/')[1]);
}
