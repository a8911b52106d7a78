using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Health;

/// <summary>Reads the health endpoints of a hub.</summary>
internal static class HealthResponses
{
    public static async Task<HttpStatusCode> StatusOfAsync(this TestHub hub, string path)
    {
        using var response = await hub.Http.GetAsync(path);
        return response.StatusCode;
    }

    public static async Task<bool> IsReadyAsync(this TestHub hub) =>
        await hub.StatusOfAsync("/health/ready") == HttpStatusCode.OK;

    public static Task<JsonElement> DetailAsync(this TestHub hub) =>
        hub.Http.GetFromJsonAsync<JsonElement>("/health/detail");

    public static string Status(this JsonElement detail) => detail.GetProperty("status").GetString()!;

    public static string Reasons(this JsonElement detail) =>
        string.Join('\n', detail.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));

    public static JsonElement Topic(this JsonElement detail, string topic) =>
        detail.GetProperty("topics").EnumerateArray().Single(one => one.GetProperty("topic").GetString() == topic);

    public static JsonElement Stage(this JsonElement detail, string stage) =>
        detail.GetProperty("stages").EnumerateArray().Single(one => one.GetProperty("stage").GetString() == stage);
}
