using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>The key ring in the database, as two processes see it.</summary>
public abstract class KeyRingContract : StoreContract
{
    private KeyRingRepository Table => TableOf(Database);

    [Fact]
    public async Task Elements_are_read_back_by_every_process_as_they_were_stored_and_in_that_order()
    {
        var other = TableOf(await Test.OpenAnotherAsync());
        Table.GetAllElements().ShouldBeEmpty();

        Table.StoreElement(new XElement("key", new XAttribute("id", "é☃"), new string('x', 20_000)), "key-2");
        other.StoreElement(new XElement("revocation", "<&'"), "key-1");

        foreach (var table in new[] { Table, other })
        {
            table.GetAllElements().Select(element => element.Name.LocalName).ShouldBe(["key", "revocation"]);
            table.GetAllElements().First().Attribute("id")!.Value.ShouldBe("é☃");
            table.GetAllElements().First().Value.Length.ShouldBe(20_000);
            table.GetAllElements().Last().Value.ShouldBe("<&'");
        }

        (await other.ReadAsync(CancellationToken.None)).Select(row => row.FriendlyName).ShouldBe(["key-2", "key-1"]);
    }

    [Fact]
    public async Task A_key_that_two_processes_add_at_once_is_stored_once()
    {
        var other = await Test.OpenAnotherAsync();
        for (var round = 0; round < 5; round++)
        {
            var name = $"key-{round}";
            var added = await Task.WhenAll(
                new[] { Database, other }.Select(database => Task.Run(() => AddAsync(database, name)))
            );

            added.Count(isAdded => isAdded).ShouldBe(1);
        }

        (await Table.ReadAsync(CancellationToken.None)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task An_element_can_be_replaced_and_the_others_stay()
    {
        await AddAsync(Database, "clear");
        await AddAsync(Database, "other");
        var row = (await Table.ReadAsync(CancellationToken.None)).First(row => row.FriendlyName == "clear");

        await ReplaceAsync(row.Id);

        Table.GetAllElements().Select(element => element.Name.LocalName).ShouldBe(["wrapped", "key"]);
    }

    [Fact]
    public async Task What_one_process_protects_another_reads()
    {
        await using var one = Ring(Database);
        await using var other = Ring(await Test.OpenAnotherAsync());

        var ofOne = Protector(one).Protect("ä");
        var ofOther = Protector(other).Protect("ö");

        Protector(other).Unprotect(ofOne).ShouldBe("ä");
        Protector(one).Unprotect(ofOther).ShouldBe("ö");
        (await Table.ReadAsync(CancellationToken.None)).ShouldHaveSingleItem();
    }

    private static KeyRingRepository TableOf(Database database) => new(database, TimeProvider.System);

    private Task<bool> ReplaceAsync(long id) =>
        UntilTakenAsync(() =>
            Task.Run(() =>
            {
                Table.Replace(id, new XElement("wrapped"));
                return true;
            })
        );

    private static Task<bool> AddAsync(Database database, string name) =>
        UntilTakenAsync(() => Task.Run(() => TableOf(database).Add(new XElement("key", name), name)));

    private static ServiceProvider Ring(Database database)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("hub");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = TableOf(database));
        return services.BuildServiceProvider();
    }

    private static IDataProtector Protector(ServiceProvider ring) =>
        ring.GetRequiredService<IDataProtectionProvider>().CreateProtector("purpose");
}

public sealed class SqliteKeyRingTests : KeyRingContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerKeyRingTests : KeyRingContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
