using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>The key ring in the database, used by two processes.</summary>
public abstract class KeyRingContract : StoreContract
{
    private KeyRingRepository Table => TableOf(Database);

    [Fact]
    public async Task Every_process_reads_the_stored_elements_unchanged_and_in_order()
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
    }

    [Fact]
    public async Task One_process_can_decrypt_what_another_encrypted()
    {
        await using var one = Ring(Database);
        await using var other = Ring(await Test.OpenAnotherAsync());

        var ofOne = Protector(one).Protect("ä");
        var ofOther = Protector(other).Protect("ö");

        Protector(other).Unprotect(ofOne).ShouldBe("ä");
        Protector(one).Unprotect(ofOther).ShouldBe("ö");
        Table.ReadDatabase().ShouldHaveSingleItem();
    }

    // With the SQL Server settings, the keys are in the database of either engine.
    private static KeyRingRepository TableOf(Database database) =>
        new(
            new KeyRingOptions(),
            new StorageOptions { Provider = StorageOptions.SqlServer },
            database,
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

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
