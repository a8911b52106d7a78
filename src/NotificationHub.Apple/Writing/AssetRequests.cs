using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>Assets, and the users and devices that get or lose them. Every asset is combined with every user and device.</summary>
public abstract record AssetsRequest : WriteRequest
{
    private protected AssetsRequest() { }

    /// <summary>The assets; at least one. <c>maxAssets</c> of them (25) fit into one of Apple's requests.</summary>
    public required IReadOnlyList<AssetKey> Assets { get; init; }

    /// <summary>The users; 1000 fit into one of Apple's requests (<c>maxClientUserIds</c>). Personal data.</summary>
    public IReadOnlyList<string> ClientUserIds { get; init; } = [];

    /// <summary>The devices; 1000 fit into one of Apple's requests (<c>maxSerialNumbers</c>). Personal data.</summary>
    public IReadOnlyList<string> SerialNumbers { get; init; } = [];

    /// <inheritdoc />
    public override long? ItemCount => (long)Assets.Count * (ClientUserIds.Count + SerialNumbers.Count);

    internal override string? FindError() =>
        RequestLists.FindError([.. Assets.Select(asset => asset.AdamId)], "assets")
        ?? RequestLists.FindError([.. ClientUserIds, .. SerialNumbers], "users or devices");

    internal override IEnumerable<WriteRequest> Split(ServiceConfig limits)
    {
        var assetPieces = RequestLists.Cut(RequestLists.Distinct(Assets), limits.RequestLimit("maxAssets"));
        var holderPieces = RequestLists.CutHolders(
            ClientUserIds,
            limits.RequestLimit("maxClientUserIds"),
            SerialNumbers,
            limits.RequestLimit("maxSerialNumbers")
        );
        return from holders in holderPieces
            from assets in assetPieces
            select this with
            {
                Assets = assets,
                ClientUserIds = holders.Users,
                SerialNumbers = holders.Devices,
            };
    }

    internal override IEnumerable<WriteItem> ItemsOf(ErrorInfo? info)
    {
        var holders = NamedHolders.Select(ClientUserIds, SerialNumbers, info);
        var assets = Assets.Where(asset => info is not { Assets.Count: > 0 } || info.Assets.Any(asset.IsSame)).ToList();
        return info is null or { Assets.Count: 0, ClientUserIds.Count: 0, SerialNumbers.Count: 0 }
            ? []
            : holders.SelectMany(holder =>
                assets.Select(asset => holder with { AdamId = asset.AdamId, PricingParam = asset.PricingParam })
            );
    }

    internal override bool Contains(WriteItem item) =>
        NamedHolders.Contains(ClientUserIds, SerialNumbers, item)
        && Assets.Any(new AssetKey { AdamId = item.AdamId, PricingParam = item.PricingParam }.IsSame);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteStartArray("assets");
        foreach (var asset in Assets)
        {
            json.WriteStartObject();
            json.WriteString("adamId", asset.AdamId);
            if (asset.PricingParam is not null)
            {
                json.WriteString("pricingParam", asset.PricingParam);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        RequestLists.Write(json, "clientUserIds", ClientUserIds);
        RequestLists.Write(json, "serialNumbers", SerialNumbers);
    }
}

/// <summary>Assigns assets. Only assets with <see cref="Asset.DeviceAssignable"/> can be assigned to devices. Apple: Associate Assets.</summary>
public sealed record AssociateAssetsRequest : AssetsRequest
{
    internal override Endpoint Endpoint => Endpoint.AssociateAssets;
}

/// <summary>Takes assignments back. Apple: Disassociate Assets.</summary>
public sealed record DisassociateAssetsRequest : AssetsRequest
{
    internal override Endpoint Endpoint => Endpoint.DisassociateAssets;
}

/// <summary>Takes <em>all</em> revocable assets of users and devices back. Apple: Revoke Assets.</summary>
public sealed record RevokeAssetsRequest : WriteRequest
{
    /// <summary>The users; 100 fit into one of Apple's requests (<c>maxRevokeClientUserIds</c>). Personal data.</summary>
    public IReadOnlyList<string> ClientUserIds { get; init; } = [];

    /// <summary>The devices; 100 fit into one of Apple's requests (<c>maxRevokeSerialNumbers</c>). Personal data.</summary>
    public IReadOnlyList<string> SerialNumbers { get; init; } = [];

    internal override Endpoint Endpoint => Endpoint.RevokeAssets;

    /// <inheritdoc />
    public override long? ItemCount => null;

    internal override string? FindError() =>
        RequestLists.FindError([.. ClientUserIds, .. SerialNumbers], "users or devices");

    internal override IEnumerable<WriteRequest> Split(ServiceConfig limits) =>
        RequestLists
            .CutHolders(
                ClientUserIds,
                limits.RequestLimit("maxRevokeClientUserIds"),
                SerialNumbers,
                limits.RequestLimit("maxRevokeSerialNumbers")
            )
            .Select(holders => this with { ClientUserIds = holders.Users, SerialNumbers = holders.Devices });

    // The request names no assets, so the items are those that the error names, for each of its users and devices.
    internal override IEnumerable<WriteItem> ItemsOf(ErrorInfo? info)
    {
        var holders = NamedHolders.Select(ClientUserIds, SerialNumbers, info).ToList();
        return info switch
        {
            null or { Assets.Count: 0, ClientUserIds.Count: 0, SerialNumbers.Count: 0 } => [],
            { Assets.Count: 0 } => holders,
            _ => holders.SelectMany(holder =>
                info.Assets.Select(asset => holder with { AdamId = asset.AdamId, PricingParam = asset.PricingParam })
            ),
        };
    }

    internal override bool Contains(WriteItem item) => NamedHolders.Contains(ClientUserIds, SerialNumbers, item);

    private protected override void WriteMembers(Utf8JsonWriter json)
    {
        RequestLists.Write(json, "clientUserIds", ClientUserIds);
        RequestLists.Write(json, "serialNumbers", SerialNumbers);
    }
}
