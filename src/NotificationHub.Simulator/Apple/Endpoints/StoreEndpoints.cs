using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>
/// Names, kinds and icons of apps and books, for anyone. Apple documents the address only; parameters and response are
/// the client's assumption.
/// </summary>
internal static class MetadataEndpoint
{
    public const string Path = "/lookup";
    private const string IconPath = RequestHandler.BasePath + "/icon";

    // A PNG of one gray pixel.
    private static readonly byte[] Icon = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
    );

    public static JsonObject Respond(
        IQueryCollection query,
        IReadOnlyCollection<SimulatedLocation> locations,
        Uri baseUrl
    )
    {
        var results = new JsonObject();
        foreach (var adamId in query["id"].ToString().Split(',').Distinct(StringComparer.Ordinal))
        {
            var asset = locations
                .SelectMany(location => location.Records.Current.Assets.Values.Select(row => row.Value))
                .FirstOrDefault(asset => asset.AdamId == adamId);
            if (asset is not null)
            {
                results[adamId] = new JsonObject
                {
                    ["name"] = asset.Name ?? $"{asset.ProductType} {adamId}",
                    ["kind"] = asset.ProductType,
                    ["artwork"] = new JsonObject { ["url"] = $"{baseUrl}/icon/{adamId}/{{w}}x{{h}}{{c}}.{{f}}" },
                };
            }
        }

        return new JsonObject { ["results"] = results };
    }

    public static bool IsIcon(PathString path) => path.StartsWithSegments(IconPath, StringComparison.Ordinal);

    public static async Task SendIconAsync(HttpContext http)
    {
        http.Response.ContentType = "image/png";
        await http.Response.Body.WriteAsync(Icon, http.RequestAborted);
    }
}

/// <summary>The link in invitation emails. Users open it without a token.</summary>
internal static class InvitationEndpoint
{
    public const string Path = RequestHandler.BasePath + "/invitation";

    /// <returns>The user who accepted; null if no active user has this code.</returns>
    public static string? Accept(string inviteCode, IReadOnlyCollection<SimulatedLocation> locations)
    {
        foreach (var location in locations)
        {
            var users = location.Records.Current.Users.Values.Select(row => row.Value);
            if (users.FirstOrDefault(user => user.IsActive && user.InviteCode == inviteCode) is { } invited)
            {
                location.AcceptInvitations(invited.ClientUserId);
                return invited.ClientUserId;
            }
        }

        return null;
    }
}
