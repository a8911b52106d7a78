using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

// Apple returns the notification secret in clear text; only its digest is stored.
internal sealed class DigestConverter : JsonConverter<byte[]?>
{
    public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonText.Read(ref reader) is { Length: > 0 } secret ? SHA256.HashData(Encoding.UTF8.GetBytes(secret)) : null;

    public override void Write(Utf8JsonWriter writer, byte[]? value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A digest cannot be sent as a notification secret.");
}
