using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

internal sealed class NotificationAuthTokenConverter : JsonConverter<NotificationAuthToken?>
{
    public override NotificationAuthToken? Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) => JsonText.Read(ref reader) is { Length: > 0 } secret ? new NotificationAuthToken(secret) : null;

    public override void Write(Utf8JsonWriter writer, NotificationAuthToken? value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Apple's echo of a notification secret is not serialized.");
}
