using System.Collections.Frozen;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Classifies errors as transient. The list is our own, because <c>SqlException.IsTransient</c> is false for most of Azure's errors. It was
/// compared with Microsoft's list of transient errors of Azure SQL, and with the list in Entity Framework Core.
/// </summary>
internal static class SqlServerErrorCodes
{
    // Of a unique index, and of a unique constraint.
    private static readonly FrozenSet<int> DuplicateKeys = ToSet([2601, 2627]);

    /// <summary>Transient errors: the same transaction may be run again.</summary>
    private static readonly FrozenSet<int> Transient = ToSet(
        // No response or a broken connection, while connecting, during login or later; -2 is SqlClient's own timeout.
        [-2, 20, 64, 121, 233, 997, 10053, 10054, 10060, 17197],
        // The server is stopping, paused, starting or upgrading its system databases; an Azure pool is paused or warming up.
        [6005, 17142, 18401, 42108, 42109],
        // The database is being recovered, restored, moved or failed over, or its replica is not (yet) the primary.
        [921, 922, 926, 927, 941, 945, 952, 976, 978, 982, 983, 988, 3906, 4060, 4221, 49802],
        // Azure SQL is moving the database, or had an error: its gateway sends these; 40197 contains one of the others.
        [40020, 40143, 40166, 40197, 40540, 40613],
        // Locks: a deadlock, a timeout, no lock available, or locks released while the statement ran.
        [1203, 1204, 1205, 1221, 1222, 1232, 22335],
        // Snapshot isolation: another transaction changed the row (3960) or the schema (3961), isolation is being enabled (3956, 3957), the
        // row's version is gone (3950, 3958, 3966, 3967), the database is not recovered (3953), a secondary replica lags behind (3947, 3948).
        [3947, 3948, 3950, 3953, 3956, 3957, 3958, 3960, 3961, 3966, 3967],
        // The schema changed while the statement was compiled or ran.
        [615, 617, 669, 2021, 2816, 4117, 4184],
        // Overload: no memory to compile or run the statement, a limit of the tier or pool is reached, or the service is busy.
        [8628, 8651, 10922, 10928, 10929, 10930, 10936, 40501, 40642, 40648, 40675, 40903, 49918, 49919, 49920],
        // Our own: a timeout for the lock of a log, a lost commit token, or a transaction that had already ended.
        [50001, 50002, EndedTransaction]
    );

    /// <summary>Errors of the database that last longer than seconds: an operator has to free resources.</summary>
    private static readonly FrozenSet<int> Full = ToSet(
        // Out of memory.
        [701, 8645],
        // No space in the filegroup or the transaction log, or the database has reached its maximum size.
        [1101, 1105, 9002, 40544],
        // Azure SQL ended the session: the transaction was too long, or used too many locks or too much tempdb, log or memory.
        [40549, 40550, 40551, 40552, 40553]
    );

    /// <summary>Our own: the server had ended the transaction before its commit was sent.</summary>
    public const int EndedTransaction = 50003;

    /// <summary>Whether nothing was committed for certain, although the commit was sent.</summary>
    public static bool IsEndedTransaction(Exception exception) => Has(exception, number => number == EndedTransaction);

    /// <summary>Whether the database is unavailable, as opposed to a faulty statement.</summary>
    public static bool IsUnavailable(Exception exception) => IsTransient(exception) || Has(exception, Full.Contains);

    public static bool IsTransient(Exception exception) =>
        exception switch
        {
            SqlException sql => Has(sql, Transient.Contains) || sql.Class >= 20 || EntraTokenException.IsTransient(sql),
            // SqlClient's exception for a closed connection.
            InvalidOperationException
            {
                Source: "Microsoft.Data.SqlClient" or "Core Microsoft SqlClient Data Provider"
            } => true,
            TimeoutException or IOException => true,
            _ => false,
        };

    public static bool IsDuplicateKey(Exception exception) => Has(exception, DuplicateKeys.Contains);

    /// <summary>Whether another session is enabling snapshot isolation, or altering the database otherwise.</summary>
    public static bool IsBeingAltered(Exception exception) => Has(exception, number => number is 3956 or 3957 or 5061);

    public static bool IsSnapshotRefused(Exception exception) => Has(exception, number => number == 3952);

    /// <summary>What happened, with the number that an operator can look up.</summary>
    public static string Describe(Exception exception) =>
        exception is SqlException sql
            ? EntraTokenException.MessageOf(sql) ?? $"{sql.Message} (error {sql.Number})"
            : exception.Message;

    private static FrozenSet<int> ToSet(params int[][] groups) => groups.SelectMany(group => group).ToFrozenSet();

    private static bool Has(Exception exception, Predicate<int> number) =>
        exception is SqlException sql && sql.Errors.Cast<SqlError>().Any(error => number(error.Number));
}

/// <summary>Explains SQL Server's error numbers when a database cannot be opened.</summary>
internal static class SqlServerOpenError
{
    public static bool IsOne(Exception exception) =>
        exception is SqlException || SqlServerErrorCodes.IsTransient(exception);

    public static DatabaseOpenException Create(string database, Exception exception) =>
        new($"The database {database} cannot be opened: {Explain(exception)}", exception);

    private static string Explain(Exception exception) =>
        exception is SqlException sql && EntraTokenException.MessageOf(sql) is { } message
            ? $"{message}. Check the hub's identity: its managed identity or workload identity, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET"
            : ExplainNumber(exception);

    private static string ExplainNumber(Exception exception) =>
        (exception as SqlException)?.Number switch
        {
            18456 or 18452 or 916 =>
                "the server rejects this identity. Create a user for it in the database (for a managed identity: CREATE USER [name] FROM EXTERNAL PROVIDER), and grant it the roles in docs/storage.md",
            4060 or 911 =>
                "the server has no such database, or this identity has no access to it. Create the database first: the hub creates only its tables",
            229 or 230 or 262 or 297 or 1088 or 2760 or 3701 =>
                "this identity may not change the schema. Run `migrate` with an identity that may, or grant this one db_ddladmin",
            3952 or 5011 or 5069 => NoSnapshots,
            0 or -1 or 2 or 26 or 40 or 53 or 258 or 10060 or 10061 or 11001 =>
                "the server does not respond. Check the server name in Storage:ConnectionString, the network, and the server's firewall",
            40615 or 40914 => "the server's firewall rejects this address",
            -2146893019 =>
                "the server's certificate is not trusted. Trust it, or, for a server on your own machine, add TrustServerCertificate=true",
            _ => exception.Message,
        };

    public const string NoSnapshots =
        "snapshot isolation is disabled, and this identity may not enable it. Ask an administrator to run ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON";
}
