using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

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
