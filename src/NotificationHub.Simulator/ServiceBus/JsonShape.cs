using System.Buffers;
using System.Text.Json;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Steps through JSON of which only one shape is accepted.</summary>
internal static class JsonShape
{
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw ServiceBusRefusal.Malformed($"{what} is a {reader.TokenType}, not a {type}.");
        }
    }

    /// <summary>Moves to the value of the object's next member and returns its name; null at the object's end.</summary>
    public static string? NextMember(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var name = reader.GetString();
        reader.Read();
        return name;
    }

    public static string? String(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(ref reader, JsonTokenType.String, what);
        return reader.GetString();
    }

    public static double Number(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.Number, what);
        return reader.GetDouble();
    }

    /// <summary>The UTF-8 of the string that the reader stands on, unescaped.</summary>
    public static byte[] Utf8(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.String, what);
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.ToArray();
        }

        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return buffer.AsSpan(0, reader.CopyString(buffer)).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
