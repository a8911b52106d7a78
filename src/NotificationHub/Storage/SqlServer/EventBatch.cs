using System.Buffers;
using System.Data;
using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>The parameters of <c>AppendEvents.sql</c>: rows as JSON, and their concatenated data.</summary>
internal static class EventBatch
{
    public static object ToParameters(IReadOnlyCollection<NewEvent> events, TimeSpan patience) =>
        new
        {
            Rows = Rows(events),
            Data = new Blob(Data(events)),
            Patience = (int)patience.TotalMilliseconds,
        };

    private static byte[] Data(IReadOnlyCollection<NewEvent> events)
    {
        var data = new byte[events.Sum(entry => entry.Data?.Length ?? 0)];
        var start = 0;
        foreach (var piece in events.Select(entry => entry.Data).OfType<byte[]>())
        {
            piece.CopyTo(data, start);
            start += piece.Length;
        }

        return data;
    }

    private static string Rows(IReadOnlyCollection<NewEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(events.Count * 256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            // T-SQL counts from one.
            var (index, start) = (0, 1);
            foreach (var entry in events)
            {
                Write(json, entry, index++, start);
                start += entry.Data?.Length ?? 0;
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, NewEvent entry, int index, int start)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("topic", entry.Topic);
        json.WriteString("type", entry.Type);
        json.WriteString("location", entry.LocationId);
        json.WriteString("subject", entry.Subject);
        if (entry.NotificationSeq is { } seq)
        {
            json.WriteNumber("notification", seq);
        }

        if (entry.Data is { } data)
        {
            json.WriteNumber("start", start);
            json.WriteNumber("length", data.Length);
        }

        json.WriteString("action", entry.Action);
        json.WriteString("result", entry.Result);
        json.WriteString("change", entry.Change);
        json.WriteString("cause", entry.Cause);
        json.WriteString("adamId", entry.AdamId);
        json.WriteString("correlation", entry.CorrelationId);
        json.WriteNumber("conflict", entry.Conflict ? 1 : 0);
        json.WriteString("traceparent", entry.Traceparent);
        json.WriteNumber("createdAt", entry.CreatedAt.ToStored());
        json.WriteEndObject();
    }
}

/// <summary>A <c>varbinary(max)</c> parameter: with its length declared, each length would be compiled as another statement.</summary>
internal sealed class Blob(byte[] bytes) : SqlMapper.ICustomQueryParameter
{
    private const int Max = -1;

    public ReadOnlySpan<byte> Bytes => bytes;

    public void AddParameter(IDbCommand command, string name) =>
        command.Parameters.Add(new SqlParameter(name, SqlDbType.VarBinary, Max) { Value = bytes });
}
