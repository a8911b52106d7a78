using System.Data;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>
/// How the database stores times and durations: as Unix milliseconds, and as milliseconds. Fractions of a millisecond are cut off.
/// </summary>
internal static class StoredTime
{
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    // Parameter rows that a statement reads as JSON.
    private static readonly JsonSerializerOptions Rows = new()
    {
        Converters = { new JsonTimeConverter(), new JsonDurationConverter() },
    };

    /// <summary>The current time as the database would store it, so that it compares equal after it was read back.</summary>
    public static DateTimeOffset GetStoredUtcNow(this TimeProvider time) => time.GetUtcNow().Truncate();

    public static DateTimeOffset Truncate(this DateTimeOffset time) => FromStored(ToStored(time));

    public static long ToStored(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    // A damaged row must not make its page unreadable.
    public static DateTimeOffset FromStored(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, Earliest, Latest));

    public static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    public static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    public static string SerializeRows<T>(T rows) => JsonSerializer.Serialize(rows, Rows);

    // Before any query. Dapper's own mappings of the types would take precedence over the handlers.
    [ModuleInitializer]
    internal static void AddTypeHandlers()
    {
        foreach (
            var type in (Type[])[typeof(DateTimeOffset), typeof(DateTimeOffset?), typeof(TimeSpan), typeof(TimeSpan?)]
        )
        {
            SqlMapper.RemoveTypeMap(type);
        }

        SqlMapper.AddTypeHandler(new TimeHandler());
        SqlMapper.AddTypeHandler(new DurationHandler());
    }

    private sealed class TimeHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => FromStored((long)value);

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = ToStored(value);
        }
    }

    private sealed class DurationHandler : SqlMapper.TypeHandler<TimeSpan>
    {
        public override TimeSpan Parse(object value) => TimeSpan.FromMilliseconds((long)value);

        public override void SetValue(IDbDataParameter parameter, TimeSpan value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = (long)value.TotalMilliseconds;
        }
    }

    private sealed class JsonTimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            FromStored(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(ToStored(value));
    }

    private sealed class JsonDurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TimeSpan.FromMilliseconds(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue((long)value.TotalMilliseconds);
    }
}

/// <summary>
/// The clock of a database server: replicas must write and evaluate times by the same clock. It is the last time that a
/// transaction read from the server plus the machine's elapsed time, which clock changes do not affect.
/// </summary>
internal sealed class DatabaseTime(TimeProvider machine) : TimeProvider
{
    private volatile Reading? latest;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() =>
        latest is { } reading ? reading.At + machine.GetElapsedTime(reading.Timestamp) : machine.GetUtcNow();

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    public void Record(DateTimeOffset now) => latest = new Reading(now, machine.GetTimestamp());

    private sealed record Reading(DateTimeOffset At, long Timestamp);
}
