using System.Data.Common;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage;

/// <summary>The parts that differ between the engines in shared statements. Statements that differ more are files per engine.</summary>
internal static class SqlDialect
{
    private const int StatementTimeout = -2;
    private const int LockTimeout = 1222;

    extension(DbException exception)
    {
        /// <summary>Whether the statement waited too long for a lock; on SQLite, no statement in a transaction waits.</summary>
        public bool IsLockTimeout => exception is SqlException { Number: StatementTimeout or LockTimeout };
    }

    extension(DbConnection connection)
    {
        public bool IsSqlServer => connection is SqlConnection;

        /// <summary>Follows <c>order by</c> and limits the number of rows.</summary>
        public string Limit(string count) =>
            connection.IsSqlServer ? $"offset 0 rows fetch next {count} rows only" : $"limit {count}";

        public string Limit(int count) => connection.Limit($"{count}");

        /// <summary>Follows a table and forces this index.</summary>
        // SQL Server reuses the plan for the first values that it sees, and the values of a busy topic lead to a scan.
        public string UseIndex(string index) => connection.IsSqlServer ? $" with (index({index}))" : "";

        /// <summary>Follows a table and forces this index on both engines.</summary>
        // For a partial index, whose rows SQLite cannot estimate: it would rather read the table in order.
        public string ForceIndex(string index) =>
            connection.IsSqlServer ? $" with (index({index}))" : $" indexed by {index}";

        /// <summary>Whether a refetch target is pending, as the engine's index has it.</summary>
        public string IsPending(string target) =>
            connection.IsSqlServer ? $"{target}.is_pending = 1" : $"{target}.requested > {target}.fetched";

        /// <summary>Follows a table and locks its rows until the commit; a snapshot alone may be out of date.</summary>
        public string ForUpdate => connection.IsSqlServer ? " with (updlock, rowlock)" : "";

        public string ByteLength(string column) =>
            connection.IsSqlServer ? $"datalength({column})" : $"length({column})";

        /// <summary>The holder of the assignment that an event of <c>event_log</c> is about, as the engine's index has it.</summary>
        public string EventHolder =>
            connection.IsSqlServer
                ? "holder"
                : """
                    case type
                        when 'assignment.changed' then substr(subject, instr(subject, ':') + 1)
                        when 'subscription-assignment.changed' then substr(subject, 26 + instr(substr(subject, 26), '/'))
                    end
                    """;

        /// <summary>Whether JSON in a binary column contains this text, or an escape, which can hide it.</summary>
        public string MayContainText(string json, string utf8) =>
            $"({connection.ContainsBytes(json, utf8)} or {connection.ContainsBytes(json, connection.IsSqlServer ? "0x5C" : "x'5C'")})";

        private string ContainsBytes(string column, string bytes) =>
            connection.IsSqlServer
                // varchar only renames the bytes, and the collation compares them as such.
                ? $"charindex(convert(varchar(max), {bytes}), convert(varchar(max), {column}) collate Latin1_General_100_BIN2) > 0"
                : $"instr({column}, {bytes}) > 0";
    }
}

internal static class EarlyCancellation
{
    extension(DbDataReader rows)
    {
        // On disposal alone, the reader would receive all remaining rows from SQL Server, possibly hundreds of megabytes.
        public void CancelRest() => ((IWrappedDataReader)rows).Command.Cancel();
    }
}

/// <summary>Limits the lists of <c>in @name</c>: each value is a parameter, and SQL Server allows 2,100 per statement.</summary>
internal static class InLists
{
    // The remaining 100 parameters are for the rest of the statement.
    public const int MaxValues = 2_000;

    public static IReadOnlyCollection<T> InList<T>(this IReadOnlyCollection<T> values) =>
        values.Count <= MaxValues
            ? values
            : throw new ArgumentException(
                $"A statement allows {MaxValues} values, not {values.Count}.",
                nameof(values)
            );

    public static async Task<List<T>> InPartsAsync<TValue, T>(
        this IEnumerable<TValue> values,
        Func<IReadOnlyCollection<TValue>, Task<IEnumerable<T>>> query
    )
    {
        List<T> found = [];
        foreach (var part in values.Chunk(MaxValues))
        {
            found.AddRange(await query(part));
        }

        return found;
    }
}
