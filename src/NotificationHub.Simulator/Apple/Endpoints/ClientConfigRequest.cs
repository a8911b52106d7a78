namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>The rules of a Client Config POST. Members that are absent keep what is stored.</summary>
internal static class ClientConfigRequest
{
    public static ClientConfiguration Read(
        RequestBody body,
        ClientConfiguration stored,
        IReadOnlyList<string> allowedTypes
    )
    {
        body.Allow("mdmInfo", "notificationUrl", "notificationAuthToken", "notificationTypes");
        var (url, secret) = Destination(body, stored);
        return new(
            body.Object("mdmInfo") is { } mdmInfo ? MdmInfoOf(mdmInfo) : stored.MdmInfo,
            url,
            secret,
            body.Texts("notificationTypes") is { } types ? Checked(types, allowedTypes) : stored.NotificationTypes
        );
    }

    private static MdmInfo MdmInfoOf(RequestBody body)
    {
        body.Allow("id", "name", "metadata");
        if (
            body.Text("id") is not { Length: > 0 } id
            || body.Text("name") is not { Length: > 0 } name
            || body.Text("metadata") is not { } metadata
        )
        {
            throw Refuse(AppleErrors.MdmInfoIncomplete, "mdmInfo is incomplete");
        }

        return id.Length > AppleLimits.MdmIdLength ? throw Refuse(AppleErrors.MdmIdTooLong, "mdmInfo.id is too long")
            : name.Length > AppleLimits.MdmNameLength
                ? throw Refuse(AppleErrors.MdmNameTooLong, "mdmInfo.name is too long")
            : metadata.Length > AppleLimits.MdmMetadataLength
                ? throw Refuse(AppleErrors.MdmMetadataTooLong, "mdmInfo.metadata is too long")
            : new MdmInfo(id, name, metadata);
    }

    private static (Uri? Url, string? Secret) Destination(RequestBody body, ClientConfiguration stored)
    {
        switch (body.Text("notificationUrl"), body.Text("notificationAuthToken"))
        {
            case (null, null):
                return (stored.NotificationUrl, stored.NotificationAuthToken);
            case ("", ""):
                return (null, null);
            case ({ Length: > 0 } url, { Length: > 0 } secret):
                if (Math.Max(url.Length, secret.Length) > AppleLimits.NotificationLength)
                {
                    throw Refuse(AppleErrors.NotificationTooLong, "the notification URL or token is too long");
                }

                if (!secret.All(IsToken68))
                {
                    throw Refuse(AppleErrors.InvalidArgument, "the notification token has characters RFC 6750 forbids");
                }

                return (UrlOf(url), secret);
            default:
                throw Refuse(AppleErrors.NotificationPairMissing, "notification URL and token are not given together");
        }
    }

    /// <summary>A host and a path over https; plain http to this machine only, as a simulation has no certificates.</summary>
    private static Uri UrlOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url is { Query: "", Fragment: "", UserInfo: "" }
            ? url
            : throw Refuse(AppleErrors.NotificationUrlNotHttps, "the notification URL is not https, a host and a path");

    private static IReadOnlyList<string> Checked(IReadOnlyList<string> types, IReadOnlyList<string> allowed) =>
        types.All(allowed.Contains) ? types : throw new AppleException(AppleErrors.InvalidArgument);

    private static bool IsToken68(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~+/=".Contains(character, StringComparison.Ordinal);

    private static AppleException Refuse(int errorNumber, string violation) =>
        AppleException.ForViolation(errorNumber, violation);
}
