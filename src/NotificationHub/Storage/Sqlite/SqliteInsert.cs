using Microsoft.Data.Sqlite;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// A prepared insert. It inserts several rows per execution, because starting and ending a statement costs about as much as the insert of a
/// row.
/// </summary>
internal sealed class SqliteInsert : IDisposable
{
    private const int RowsPerExecution = 16;

    private const string Values = "values ";

    private readonly SqliteStatement one;
    private readonly SqliteStatement several;

    /// <param name="connection">The writer's connection.</param>
    /// <param name="sql">An insert of one row of parameters: <c>values (?, ?)</c>.</param>
    public SqliteInsert(SqliteConnection connection, string sql)
    {
        one = new SqliteStatement(connection, sql);
        var start = sql.IndexOf(Values, StringComparison.Ordinal) + Values.Length;
        var row = sql[start..(sql.IndexOf(')', start) + 1)];
        var rows = string.Join(", ", Enumerable.Repeat(row, RowsPerExecution));
        several = new SqliteStatement(connection, sql.Replace(row, rows, StringComparison.Ordinal));
    }

    /// <summary>The number of parameters of a row.</summary>
    public int Columns => one.ParameterCount;

    /// <param name="rows">The rows to insert, in this order.</param>
    /// <param name="bind">Binds the values of a row, from the parameter with the given index on.</param>
    public void Run<T>(IReadOnlyList<T> rows, Action<SqliteStatement, int, T> bind)
    {
        for (var next = 0; next < rows.Count; )
        {
            var (statement, count) = rows.Count - next < RowsPerExecution ? (one, 1) : (several, RowsPerExecution);
            for (var row = 0; row < count; row++)
            {
                bind(statement, 1 + (row * Columns), rows[next + row]);
            }

            statement.Run();
            next += count;
        }
    }

    public void Dispose()
    {
        one.Dispose();
        several.Dispose();
    }
}
