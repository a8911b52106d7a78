using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>
/// The key ring as rows of <c>data_protection_key</c>, which all replicas share. Data Protection's interface is synchronous: nobody may
/// encrypt or decrypt in a job of the write lane, which would wait for itself.
/// </summary>
internal sealed class KeyRingTable(Database database, TimeProvider time) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. ReadAsync(CancellationToken.None).GetAwaiter().GetResult().Select(row => XElement.Parse(row.Xml))];

    public void StoreElement(XElement element, string friendlyName) =>
        database
            .WriteAsync(transaction => AddAsync(transaction, friendlyName, element), CancellationToken.None)
            .GetAwaiter()
            .GetResult();

    public async Task<IReadOnlyList<StoredElement>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<StoredElement>(
                "select id, friendly_name as FriendlyName, xml from data_protection_key order by id"
            )
        ).AsList();
    }

    /// <summary>Keeps an element under its name, if there is none yet.</summary>
    /// <returns>How many were added.</returns>
    public Task<int> AddAsync(WriteTransaction transaction, string friendlyName, XElement element) =>
        transaction.ExecuteAsync(
            """
            insert into data_protection_key (friendly_name, xml, created_at)
            select @friendlyName, @xml, @now
            where not exists (select 1 from data_protection_key where friendly_name = @friendlyName)
            """,
            new
            {
                friendlyName,
                xml = TextOf(element),
                now = time.GetUtcNow().ToUnixTimeMilliseconds(),
            }
        );

    public static Task ReplaceAsync(WriteTransaction transaction, long id, XElement element) =>
        transaction.ExecuteAsync(
            "update data_protection_key set xml = @xml where id = @id",
            new { id, xml = TextOf(element) }
        );

    private static string TextOf(XElement element) =>
        KeyRingXml.WithoutVersion(element).ToString(SaveOptions.DisableFormatting);
}

/// <summary>A row of <c>data_protection_key</c>.</summary>
internal sealed record StoredElement
{
    public required long Id { get; init; }

    public required string FriendlyName { get; init; }

    public required string Xml { get; init; }
}
