using System.Net;
using NotificationHub.Locations.RelayTargets;

namespace NotificationHub.Tests.Locations.RelayTargets;

public sealed class RelayAddressesTests
{
    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::")]
    public void An_address_that_is_not_public_is_refused_unless_a_setting_allows_it(string address)
    {
        new RelayAddresses(allowsPrivate: false, allowsLoopback: false)
            .Allows(IPAddress.Parse(address))
            .ShouldBeFalse();
        new RelayAddresses(allowsPrivate: true, allowsLoopback: false).Allows(IPAddress.Parse(address)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("17.1.2.3")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2620:149::1")]
    [InlineData("::ffff:17.1.2.3")]
    [InlineData("64:ff9b::1101:203")]
    public void A_public_address_is_allowed(string address) =>
        new RelayAddresses(allowsPrivate: false, allowsLoopback: false).Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void In_Development_a_loopback_address_is_allowed_and_another_private_one_is_not()
    {
        var addresses = new RelayAddresses(allowsPrivate: false, allowsLoopback: true);

        addresses.Allows(IPAddress.IPv6Loopback).ShouldBeTrue();
        addresses.Allows(IPAddress.Parse("127.0.0.1")).ShouldBeTrue();
        addresses.Allows(IPAddress.Parse("10.0.0.1")).ShouldBeFalse();
    }
}
