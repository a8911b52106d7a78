using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// The keys as rows of <c>data_protection_key</c>, which all replicas share. Data Protection's interface is synchronous: never encrypt or
/// decrypt inside a write transaction, which would wait for itself.
/// </summary>
internal sealed class KeyRingRepository(Database database, TimeProvider time) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. ReadAsync(CancellationToken.None).GetAwaiter().GetResult().Select(row => XElement.Parse(row.Xml))];

    public void StoreElement(XElement element, string friendlyName) => Add(element, friendlyName);

    public async Task<IReadOnlyList<StoredElement>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<StoredElement>(
                "select id, friendly_name as FriendlyName, xml from data_protection_key order by id"
            )
        ).AsList();
    }

    /// <returns>Whether there was no element of this name, in another replica's transaction either.</returns>
    public bool Add(XElement element, string friendlyName)
    {
        var row = new
        {
            friendlyName,
            xml = element.ToString(SaveOptions.DisableFormatting),
            now = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        try
        {
            const string sql = """
                insert into data_protection_key (friendly_name, xml, created_at)
                select @friendlyName, @xml, @now
                where not exists (select 1 from data_protection_key where friendly_name = @friendlyName)
                """;
            return Write(transaction => transaction.ExecuteAsync(sql, row)) > 0;
        }
        catch (Exception exception) when (database.IsDuplicateKey(exception))
        {
            return false;
        }
    }

    public void Replace(long id, XElement element) =>
        Write(transaction =>
            transaction.ExecuteAsync(
                "update data_protection_key set xml = @xml where id = @id",
                new { id, xml = element.ToString(SaveOptions.DisableFormatting) }
            )
        );

    private int Write(Func<WriteTransaction, Task<int>> work) =>
        database.WriteAsync(work, CancellationToken.None).GetAwaiter().GetResult();
}

/// <summary>A row of <c>data_protection_key</c>.</summary>
internal sealed record StoredElement
{
    public required long Id { get; init; }

    public required string FriendlyName { get; init; }

    public required string Xml { get; init; }
}
