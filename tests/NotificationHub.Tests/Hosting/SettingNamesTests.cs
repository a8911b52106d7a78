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
    public void An_unknown_section_with_a_similar_known_name_is_reported(string setting, string? meant)
    {
        var host = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        host.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting, "Data Source=x.db")]);
        var hub = new HubBuilder(host);
        hub.AddStorage();

        hub.FindMisspelled().Select(section => section.Suggestion).ShouldBe(meant is null ? [] : [meant]);
    }
}
