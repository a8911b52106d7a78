using System.Net;
using Alba;
using NotificationHub.Events;
using NotificationHub.Tests.Contract;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Feed;

public sealed class SchemaEndpointTests
{
    [Fact]
    public async Task The_schema_of_every_type_is_served_by_name_and_by_type()
    {
        await using var hub = await ScenarioHub.StartAsync();

        foreach (var name in SchemaGenerator.Names.Keys.Append(SchemaGenerator.AnyEvent))
        {
            foreach (var path in (string[])[name, EventTypes.Of(name)])
            {
                var response = await hub.ScenarioAsync(request =>
                {
                    request.Get.Url($"/schemas/{path}");
                    request.ContentTypeShouldBe("application/schema+json");
                });
                (await response.ReadAsTextAsync()).ShouldBe(EventFiles.Read($"{name}.schema.json"));
            }
        }
    }

    [Fact]
    public async Task The_AsyncAPI_document_is_served()
    {
        await using var hub = await ScenarioHub.StartAsync();

        (await hub.TextAsync("/asyncapi.json")).ShouldBe(EventFiles.Read(AsyncApiGenerator.Document));
    }

    [Theory]
    [InlineData("asset.transferred")]
    [InlineData("notificationhub.asset.changed.v2")]
    [InlineData("..%2Ftopics")]
    public async Task An_unknown_type_has_no_schema(string type)
    {
        await using var hub = await ScenarioHub.StartAsync();

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url($"/schemas/{type}");
            request.StatusCodeShouldBe(HttpStatusCode.NotFound);
        });
    }
}
