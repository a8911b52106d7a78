using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Hosting;

public sealed class SettingNamesTests
{
    [Theory]
    [InlineData("Storag:ConnectionString", "Storage")]
    [InlineData("Storrage:ConnectionString", "Storage")]
    [InlineData("Loging:LogLevel:Default", "Logging")]
    [InlineData("storage:ConnectionString", null)]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections", null)]
    [InlineData("SomebodyElse:Key", null)]
    [InlineData("Storag", null)]
    public void A_section_is_told_of_where_it_resembles_a_known_one(string setting, string? meant)
    {
        var host = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        host.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting, "Data Source=x.db")]);
        var hub = new HubBuilder(host);
        hub.AddStorage();

        hub.FindMisspelt().Select(section => section.Meant).ShouldBe(meant is null ? [] : [meant]);
    }
}
