using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>Says in words what SQL Server says in numbers when a database cannot be opened.</summary>
internal static class SqlServerOpenError
{
    public static bool IsOne(Exception exception) =>
        exception is SqlException || SqlServerErrorCodes.IsPassing(exception);

    public static DatabaseOpenException Of(string place, Exception exception) =>
        new($"The database {place} cannot be opened: {Explain(exception)}", exception);

    private static string Explain(Exception exception) =>
        exception is SqlException sql && EntraTokenException.MessageOf(sql) is { } message
            ? $"{message}. Look at the hub's identity: its managed identity or workload identity, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET"
            : ExplainNumber(exception);

    private static string ExplainNumber(Exception exception) =>
        (exception as SqlException)?.Number switch
        {
            18456 or 18452 or 916 =>
                "the server does not let this identity in. Create a user for it in the database (for a managed identity: CREATE USER [name] FROM EXTERNAL PROVIDER), and give it the roles of docs/storage.md",
            4060 or 911 =>
                "there is no such database on the server, or this identity may not see it. Create it first: the hub makes its tables, not the database",
            229 or 230 or 262 or 297 or 1088 or 2760 or 3701 =>
                "this identity may not do what a change of the schema needs. Let one that may run `migrate`, or give it db_ddladmin",
            3952 or 5011 or 5069 => NoSnapshots,
            0 or -1 or 2 or 26 or 40 or 53 or 258 or 10060 or 10061 or 11001 =>
                "no server answers there. Look at the name in Storage:ConnectionString, at the network, and at the server's firewall",
            40615 or 40914 => "the server's firewall does not let this address in",
            -2146893019 =>
                "the server's certificate is not trusted. Trust it, or, for a server on your own machine, add TrustServerCertificate=true",
            _ => exception.Message,
        };

    public const string NoSnapshots =
        "it does not allow snapshot isolation, and this identity may not allow it. Have an administrator run ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON";
}
