using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// A prepared statement without ADO.NET: 2–4 µs per row instead of Dapper's 10–13 µs, for the appends to the two logs.
/// Parameters are positional, and bound again for each row.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 connection;
    private readonly sqlite3_stmt statement;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        this.connection = connection.Handle!;
        SqliteException.ThrowExceptionForRC(
            raw.sqlite3_prepare_v2(this.connection, sql, out statement),
            this.connection
        );
    }

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(statement, index, value));

    public void Bind(int index, long? value) =>
        Check(
            value is { } number
                ? raw.sqlite3_bind_int64(statement, index, number)
                : raw.sqlite3_bind_null(statement, index)
        );

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

    public void BindText(int index, string? value) =>
        Check(value is null ? raw.sqlite3_bind_null(statement, index) : raw.sqlite3_bind_text(statement, index, value));

    /// <summary>Binds UTF-8 text; empty is null.</summary>
    public void BindText(int index, ReadOnlySpan<byte> value) =>
        Check(value.IsEmpty ? raw.sqlite3_bind_null(statement, index) : raw.sqlite3_bind_text(statement, index, value));

    public void BindBlob(int index, byte[]? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(statement, index));
        }
        else
        {
            BindBlob(index, value.AsSpan());
        }
    }

    public void BindBlob(int index, ReadOnlySpan<byte> value) =>
        Check(
            value.IsEmpty
                ? raw.sqlite3_bind_zeroblob(statement, index, 0)
                : raw.sqlite3_bind_blob(statement, index, value)
        );

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

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection);
}
