using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// A prepared statement without ADO.NET: 2–4 µs per row instead of Dapper's 10–13 µs.
/// Parameters are positional, and keep their values until they are bound again.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private static readonly object Number = new();

    // A value that is always bound again, also after a call that failed: it may have changed the parameter.
    private static readonly Parameter Unknown = new(new object());

    private readonly sqlite3 connection;
    private readonly sqlite3_stmt statement;

    // Most values repeat from row to row: an equal value is not bound again.
    private readonly Parameter[] parameters;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        this.connection = connection.Handle!;
        SqliteException.ThrowExceptionForRC(
            raw.sqlite3_prepare_v2(this.connection, sql, out statement),
            this.connection
        );
        parameters = new Parameter[raw.sqlite3_bind_parameter_count(statement)];
    }

    public int ParameterCount => parameters.Length;

    public void Bind(int index, long value)
    {
        ref var parameter = ref parameters[index - 1];
        if (parameter.Value != Number || parameter.Number != value)
        {
            parameter = Unknown;
            Check(raw.sqlite3_bind_int64(statement, index, value));
            parameter = new Parameter(Number, value);
        }
    }

    public void Bind(int index, long? value)
    {
        if (value is { } number)
        {
            Bind(index, number);
        }
        else
        {
            BindNull(index);
        }
    }

    public void Bind(int index, object? value)
    {
        switch (value)
        {
            case null or string:
                BindText(index, (string?)value);
                break;
            case DateTimeOffset time:
                Bind(index, time.ToStored());
                break;
            case TimeSpan duration:
                Bind(index, (long)duration.TotalMilliseconds);
                break;
            default:
                Bind(index, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    public void BindText(int index, string? value)
    {
        if (value is null)
        {
            BindNull(index);
        }
        else if (parameters[index - 1].Value as string != value)
        {
            parameters[index - 1] = Unknown;
            Check(raw.sqlite3_bind_text(statement, index, value));
            parameters[index - 1] = new Parameter(value);
        }
    }

    /// <summary>Binds UTF-8 text; empty is null.</summary>
    public void BindText(int index, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            BindNull(index);
        }
        else
        {
            parameters[index - 1] = Unknown;
            Check(raw.sqlite3_bind_text(statement, index, value));
        }
    }

    /// <summary>Binds UTF-8 text from an array whose content never changes: the same array is not bound again.</summary>
    public void BindConstantText(int index, byte[] value)
    {
        if (parameters[index - 1].Value != value)
        {
            BindText(index, value.AsSpan());
            parameters[index - 1] = new Parameter(value);
        }
    }

    public void BindBlob(int index, byte[]? value)
    {
        if (value is null)
        {
            BindNull(index);
        }
        else
        {
            BindBlob(index, value.AsSpan());
        }
    }

    public void BindBlob(int index, ReadOnlySpan<byte> value)
    {
        parameters[index - 1] = Unknown;
        Check(
            value.IsEmpty
                ? raw.sqlite3_bind_zeroblob(statement, index, 0)
                : raw.sqlite3_bind_blob(statement, index, value)
        );
    }

    public bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return result == raw.SQLITE_ROW;
        }

        Reset();
        SqliteException.ThrowExceptionForRC(result, connection);
        return false;
    }

    /// <summary>The bytes of a text or blob column; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(statement, column);

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    public void Reset() => raw.sqlite3_reset(statement);

    public void Run()
    {
        Step();
        Reset();
    }

    public void Dispose() => statement.Dispose();

    private void BindNull(int index)
    {
        if (parameters[index - 1].Value is not null)
        {
            Check(raw.sqlite3_bind_null(statement, index));
            parameters[index - 1] = default;
        }
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection);

    // What is bound: the text or the array, or a marker; null is SQL null, which SQLite binds at first.
    private readonly record struct Parameter(object? Value, long Number = 0);
}
