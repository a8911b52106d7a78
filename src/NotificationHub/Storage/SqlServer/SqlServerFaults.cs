using System.Collections.Frozen;
using Azure.Identity;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Which errors pass by themselves. A list of our own, for <c>SqlException.IsTransient</c> is false for most of Azure's.
/// </summary>
internal static class SqlServerFaults
{
    /// <summary>Two rows of one key; of a unique index, and of a unique constraint.</summary>
    private static readonly FrozenSet<int> DuplicateKeys = new[] { 2601, 2627 }.ToFrozenSet();

    private static readonly FrozenSet<int> Passing = new[]
    {
        -2, // the command took too long
        20, // the server does not support encryption: a gateway says so while it moves a database
        64, // the connection broke after the log-in
        121, // the semaphore of the network library ran out
        233, // the connection was closed by the other side
        1205, // chosen as the victim of a deadlock
        1222, // a lock was not had in time
        3935, // the transaction was not begun, as the snapshot could not be
        3961, // the schema was changed since the transaction began: a newer version is being rolled out
        3906, // the database is read-only while it fails over
        3960, // another transaction has changed the row since this one began
        4060, // the database cannot be opened: it is being moved
        4221, // the log-in to a secondary waits for its versions
        10053, // the connection was broken off within
        10054, // the connection was broken off without
        10060, // nobody answers
        10928, // a limit of the tier is reached
        10929, // the server is too busy for this tier
        10936, // the limit of requests of the pool is reached
        40020, // the database is being moved
        40143, // the service met an error
        40197, // the service met an error, or is being moved
        40501, // the service is busy
        40540, // the service met an error
        40613, // the database is not there now
        49918, // no resources for this request
        49919, // too many changes under way
        49920, // too many operations under way
        50001, // our own: the lock of a log was not had in time
        50002, // our own: the mark of a connection is gone
        EndedTransaction,
    }.ToFrozenSet();

    /// <summary>What does not pass within seconds, and is the store's fault: somebody has to make room.</summary>
    private static readonly FrozenSet<int> Full = new[]
    {
        701, // no memory
        1105, // no space in the filegroup
        8645, // no memory for the query in time
        9002, // the transaction log is full
        40544, // the database has reached its size
        40549, // a transaction has run for too long
        40550, // too many locks
        40551, // too much of tempdb
        40552, // too much of the transaction log
        40553, // too much memory
    }.ToFrozenSet();

    /// <summary>Our own: the server had ended the transaction before its commit was sent.</summary>
    public const int EndedTransaction = 50003;

    /// <summary>Whether nothing was committed for certain, although the commit was sent.</summary>
    public static bool IsEndedTransaction(Exception exception) => Has(exception, number => number == EndedTransaction);

    /// <summary>Whether it is the store that cannot be written to now, and no statement that is wrong.</summary>
    public static bool IsUnavailable(Exception exception) => IsPassing(exception) || Has(exception, Full.Contains);

    /// <summary>Whether the same may be tried again.</summary>
    public static bool IsPassing(Exception exception) =>
        exception switch
        {
            SqlException sql => Has(sql, Passing.Contains) || sql.Class >= 20,
            // What SqlClient says of a connection that was found closed.
            InvalidOperationException
            {
                Source: "Microsoft.Data.SqlClient" or "Core Microsoft SqlClient Data Provider"
            } => true,
            // Whoever gives out tokens does not answer at this moment, or will not: either may be mended while the hub runs.
            AuthenticationFailedException => true,
            TimeoutException or IOException => true,
            _ => false,
        };

    public static bool IsDuplicateKey(Exception exception) => Has(exception, DuplicateKeys.Contains);

    /// <summary>What happened, with the number that an operator can look up.</summary>
    public static string Describe(Exception exception) =>
        exception is SqlException sql ? $"{sql.Message} (error {sql.Number})" : exception.Message;

    private static bool Has(Exception exception, Predicate<int> number) =>
        exception is SqlException sql && sql.Errors.Cast<SqlError>().Any(error => number(error.Number));
}
