using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Storage;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A location that is written directly to the store, and a sender with its secret.</summary>
internal sealed class TestLocation(TestHub hub, string id, string secret)
{
    public string Id => id;

    public string Secret => secret;

    public string Path => $"/notifications/{id}";

    public static async Task<TestLocation> AddAsync(TestHub hub, string? uId)
    {
        var location = new TestLocation(hub, $"loc{Guid.NewGuid():N}"[..16], $"secret-{Guid.NewGuid():N}");
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    insert into location (location_id, u_id, state, state_since, receive_only, read_number, created_at)
                    values (@Id, @uId, 'valid', 0, 1, 0, 0)
                    """,
                    new { location.Id, uId }
                );
                await location.InsertSecretAsync(transaction, location.Secret);
            },
            CancellationToken.None
        );
        await hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
        return location;
    }

    /// <summary>Adds another secret to the existing location with that <c>uId</c>, or creates a location.</summary>
    public static async Task<TestLocation> AddOrFindAsync(TestHub hub, string uId)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var known = await connection.ExecuteScalarAsync<string>(
            "select location_id from location where u_id = @uId",
            new { uId }
        );
        if (known is null)
        {
            return await AddAsync(hub, uId);
        }

        var location = new TestLocation(hub, known, $"secret-{Guid.NewGuid():N}");
        await location.AddSecretAsync(location.Secret);
        await hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
        return location;
    }

    /// <summary>Adds another accepted secret to the store; the running hub must detect it.</summary>
    public Task AddSecretAsync(string another) =>
        hub.Database.WriteAsync(transaction => InsertSecretAsync(transaction, another), CancellationToken.None);

    public Task<HttpResponseMessage> PostAsync(string body) => PostAsync(Encoding.UTF8.GetBytes(body));

    public Task<HttpResponseMessage> PostAsync(byte[] body) => PostAsync(new ByteArrayContent(body), secret);

    public async Task<HttpResponseMessage> PostAsync(HttpContent content, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await hub.Http.SendAsync(request);
    }

    /// <summary>A notification with the common envelope.</summary>
    public static string Notification(string id, string uId = "2049025000431439", string type = "TEST_NOTIFICATION") =>
        $$"""{"notificationId":"{{id}}","notificationType":"{{type}}","notification":{},"uId":"{{uId}}"}""";

    private async Task InsertSecretAsync(WriteTransaction transaction, string accepted)
    {
        await transaction.ExecuteAsync(
            "insert into notification_secret (location_id, sha256, state, created_at) values (@id, @digest, 'active', 0)",
            new { id, digest = SHA256.HashData(Encoding.UTF8.GetBytes(accepted)) }
        );
        await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
    }
}
