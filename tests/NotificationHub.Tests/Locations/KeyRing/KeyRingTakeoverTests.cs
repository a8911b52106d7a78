using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>How a ring comes from the folder, or from the clear, into the database.</summary>
public sealed class KeyRingTakeoverTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_keys_of_the_folder_are_taken_over_once_and_wrapped()
    {
        var token = await InFolderAsync();
        var certificate = $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}";

        await using (var moved = await Replica.StartAsync(folder, Replica.InDatabase, certificate))
        {
            moved.CanRead(token).ShouldBeTrue();
            var row = (await moved.RowsAsync()).ShouldHaveSingleItem();
            row.ShouldContain("wrappedSecret");
            row.ShouldNotContain("masterKey");
            moved.Log.Text.ShouldContain("was taken over");
        }

        Directory.Delete(Path.Combine(folder.Path, "keys"), recursive: true);
        await using var again = await Replica.StartAsync(folder, Replica.InDatabase, certificate);
        again.CanRead(token).ShouldBeTrue();
        (await again.RowsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_second_start_beside_the_folder_adds_nothing()
    {
        await InFolderAsync();
        var certificate = $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}";
        await using var one = await Replica.StartAsync(folder, Replica.InDatabase, certificate);

        await using var other = await Replica.StartAsync(folder, Replica.InDatabase, certificate);

        (await other.RowsAsync()).Count.ShouldBe(1);
        other.Log.Text.ShouldNotContain("was taken over");
    }

    [Fact]
    public async Task Keys_that_lay_in_the_database_in_clear_are_wrapped()
    {
        byte[] token;
        await using (var clear = await Replica.StartAsync(folder, "environment=Development", Replica.InDatabase))
        {
            token = clear.Protect(TestTokens.New());
            (await clear.RowsAsync()).Single().ShouldContain("masterKey");
        }

        await using var wrapped = await Replica.StartAsync(
            folder,
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}"
        );

        wrapped.CanRead(token).ShouldBeTrue();
        (await wrapped.RowsAsync()).Single().ShouldNotContain("masterKey");
        wrapped.Log.Text.ShouldContain("lay in the database in clear");
    }

    [Fact]
    public async Task While_the_vault_is_away_the_hub_starts_and_takes_the_keys_over_later()
    {
        var token = await InFolderAsync();
        using var vault = new TestVault { Fault = HttpStatusCode.ServiceUnavailable };
        var clock = new ManualClock();
        await using var replica = await Replica.StartAsync(
            folder,
            services =>
            {
                vault.Stand(services);
                services.AddSingleton<TimeProvider>(clock);
            },
            Replica.InDatabase,
            $"Locations:KeyRingKeyVaultKey={TestVault.Key}"
        );
        replica.CanRead(token).ShouldBeFalse();
        (await replica.RowsAsync()).ShouldBeEmpty();

        vault.Fault = null;
        await clock.TimersPending();
        clock.Advance(TimeSpan.FromMinutes(1));

        await Crash.Until.TrueAsync(async () => (await replica.RowsAsync()).Count > 0, "the key is taken over");
        await Crash.Until.TrueAsync(() => replica.CanRead(token), "the key is used");
        (await replica.RowsAsync()).ShouldHaveSingleItem().ShouldContain(TestVault.Key);
    }

    public void Dispose() => folder.Dispose();

    private async Task<byte[]> InFolderAsync()
    {
        await using var before = await Replica.StartAsync(folder);
        var token = before.Protect(TestTokens.New());
        Directory.GetFiles(Path.Combine(folder.Path, "keys")).ShouldHaveSingleItem();
        return token;
    }
}
