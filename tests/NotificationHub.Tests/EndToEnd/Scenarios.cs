using System.Net;
using System.Text;
using System.Text.Json;
using Alba;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>Scenario steps for several endpoints.</summary>
internal static class Scenarios
{
    extension(Scenario scenario)
    {
        public void Send(HttpMethod method, string url)
        {
            scenario.Get.Url(url);
            scenario.ConfigureHttpContext(context => context.Request.Method = method.Method);
        }

        /// <summary>Adds a key or token, if there is one.</summary>
        public void Authenticate(string? key)
        {
            if (key is not null)
            {
                scenario.WithBearerToken(key);
            }
        }

        /// <summary>Sends a raw body, which need not be JSON.</summary>
        public void PostJson(string url, string body) =>
            scenario.Post.Text(body).ToUrl(url).ContentType("application/json");

        /// <summary>Sends a delivery with the location's own secret.</summary>
        public void Deliver(TestLocation location, string body) =>
            scenario.Deliver(location, Encoding.UTF8.GetBytes(body));

        public void Deliver(TestLocation location, byte[] body)
        {
            scenario.Post.ByteArray(body).ToUrl(location.Path);
            scenario.WithBearerToken(location.Secret);
        }

        public void ShouldBeProblem(HttpStatusCode status)
        {
            scenario.StatusCodeShouldBe(status);
            scenario.ContentTypeShouldBe("application/problem+json");
        }
    }

    extension(IScenarioResult result)
    {
        public async Task<JsonElement> JsonAsync() =>
            JsonSerializer.Deserialize<JsonElement>(await result.ReadAsTextAsync());
    }

    /// <summary>The members of a request that the problem details report.</summary>
    public static IEnumerable<string> InvalidMembers(this JsonElement problem) =>
        problem.GetProperty("errors").EnumerateObject().Select(error => error.Name);
}
