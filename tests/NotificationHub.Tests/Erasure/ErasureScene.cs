using System.Text;
using Dapper;
using Microsoft.AspNetCore.Builder;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Erasure;

/// <summary>A hub with data of Ann, her device and others in every table that can contain personal data.</summary>
internal sealed class ErasureScene : IAsyncDisposable
{
    public const string Ann = "ann/7%";
    public const string Device = "C39NQ0AAPUR7";
    public const string Email = "ann@example.com";

    /// <summary>All of Ann's identifiers, as a database may contain them.</summary>
    public static readonly IReadOnlyList<string> AnnsTraces =
    [
        Ann,
        "ann\\/7%",
        "ann%2F7%25",
        Email,
        "ann@old.example",
        "leSKk3IaE2vk2KLmv2k3",
        "f551b37da07146628e8dcbe0111f0364",
    ];

    public static readonly IReadOnlyList<string> DevicesTraces = [Device];

    private ErasureScene(HubHost hub, TestLocation location, TestLocation other)
    {
        Hub = hub;
        Location = location;
        Other = other;
    }

    public HubHost Hub { get; }

    public TestLocation Location { get; }

    /// <summary>Another location with Ann's data.</summary>
    public TestLocation Other { get; }

    public static async Task<ErasureScene> StartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        var hub = await HubHost.StartAsync(configure);
        var scene = new ErasureScene(hub, await hub.AddLocationAsync("1"), await hub.AddLocationAsync());
        foreach (var body in Bodies)
        {
            (await scene.Location.PostAsync(body)).Dispose();
        }

        var elsewhere = Encoding
            .UTF8.GetString(Bodies[0])
            .Replace("\"uId\":\"1\"", "\"uId\":\"2\"", StringComparison.Ordinal);
        (await scene.Other.PostAsync(elsewhere)).Dispose();
        await PersonalRows.RecordAsync(hub.Database, scene.Location.Id);
        await Until.TrueAsync(scene.IsRoutedAsync, "all is routed");
        return scene;
    }

    /// <summary>The deliveries: valid notifications, an unrecognized one, and bodies that are not JSON.</summary>
    public static IReadOnlyList<byte[]> Bodies { get; } =
    [
        Text(
            """
            {"notificationId":"n-1","notificationType":"USER_ASSOCIATED","uId":"1","notification":{"associatedUsers":[
              {"email":"ann@example.com","clientUserId":"ann\/7%","inviteCode":"f551b37da07146628e8dcbe0111f0364","status":"Associated","idHash":"leSKk3IaE2vk2KLmv2k3/200D3="},
              {"clientUserId":"bob","email":"bob@example.com","status":"Associated"}]}}
            """
        ),
        Text(
            """{"notificationId":"n-2","notificationType":"USER_MANAGEMENT","uId":"1","notification":{"type":"UPDATE","result":"FAILURE","eventId":"e-1","users":[{"clientUserId":"ann/7%","status":"Registered"}],"error":{"errorNumber":9609,"errorMessage":"User ann/7% (ann@example.com, f551b37da07146628e8dcbe0111f0364) is not known."}}}"""
        ),
        Text(
            """{"notificationId":"n-3","notificationType":"ASSET_MANAGEMENT","uId":"1","notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"e-2","assignments":[{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C39NQ0AAPUR7"},{"adamId":"408709785","pricingParam":"STDQ","serialNumber":"C39NQ0AAPUR77"},{"adamId":"408709785","pricingParam":"STDQ","clientUserId":"ann/7%"}]}}"""
        ),
        Text(
            """{"notificationId":"n-4","notificationType":"BUNDLE_COUNT","uId":"1","of":{"ann/7%":["C39NQ0AAPUR7"]}}"""
        ),
        Text("not JSON: ann@example.com has C39NQ0AAPUR7, says ann/7%"),
        Encoding.Unicode.GetBytes("wide: ann/7% ann@example.com C39NQ0AAPUR7"),
        Text("""{"notificationId":"n-5","notificationType":"TEST_NOTIFICATION","notification":{},"uId":"1"}"""),
    ];

    public async Task<bool> IsRoutedAsync() =>
        await ScalarAsync<long>(
            """
            select count(*)
            from notification_log
            where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
            """
        ) == 0;

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await Hub.Database.OpenReaderAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<T>(sql);
    }

    /// <summary>The columns of all tables that contain one of the texts.</summary>
    public Task<IReadOnlyList<string>> FindAsync(IEnumerable<string> traces) =>
        PersonalRows.FindAsync(Hub.Database, traces);

    public ValueTask DisposeAsync() => Hub.DisposeAsync();

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings(""));
}
