using System.Data.Common;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage;

/// <summary>
/// The words that the engines spell differently within a statement that is otherwise the same; the connection knows its own.
/// A statement that differs in more than these is a file per engine.
/// </summary>
internal static class SqlDialect
{
    private const int TookTooLong = -2;
    private const int LockNotHad = 1222;

    extension(DbException exception)
    {
        /// <summary>Whether it waited for as long as it was let, which on SQLite nobody does within a transaction.</summary>
        public bool IsHeldUp => exception is SqlException { Number: TookTooLong or LockNotHad };
    }

    extension(DbConnection connection)
    {
        /// <summary>Whether the connection leads to SQL Server; otherwise it leads to SQLite.</summary>
        public bool IsSqlServer => connection is SqlConnection;

        /// <summary>Ends a query that has an <c>order by</c>: its first rows.</summary>
        /// <param name="count">A parameter or a number.</param>
        public string Limit(string count) =>
            connection.IsSqlServer ? $"offset 0 rows fetch next {count} rows only" : $"limit {count}";

        /// <summary>
        /// The hint to append to a table to force this index. SQL Server reuses the plan for the first values that it sees, and the values of a
        /// busy topic lead to a scan.
        /// </summary>
        public string UseIndex(string index) => connection.IsSqlServer ? $" with (index({index}))" : "";

        /// <summary>Whether a refetch target waits, in the words that an index of the engine knows.</summary>
        /// <param name="target">The table's name, or what the statement calls it.</param>
        public string IsWaiting(string target) =>
            connection.IsSqlServer ? $"{target}.is_pending = 1" : $"{target}.requested > {target}.fetched";

        /// <summary>
        /// Stands behind a table whose row decides what the transaction writes elsewhere: nobody else writes the row until the commit. What a
        /// snapshot shows alone may have been changed since.
        /// </summary>
        public string ForUpdate => connection.IsSqlServer ? " with (updlock, rowlock)" : "";

        /// <summary>How many bytes a binary column holds.</summary>
        public string ByteLength(string column) =>
            connection.IsSqlServer ? $"datalength({column})" : $"length({column})";
    }
}
