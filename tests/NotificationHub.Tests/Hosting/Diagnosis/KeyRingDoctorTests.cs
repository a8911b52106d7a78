using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Locations.KeyRing;

namespace NotificationHub.Tests.Hosting.Diagnosis;

/// <summary>What the doctor says of a key ring in the database.</summary>
public sealed class KeyRingDoctorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task It_says_where_the_ring_is_and_what_wraps_it()
    {
        var certificate = Certificate("one");
        await using var scene = await DoctorScene.StartAsync(Replica.InDatabase, certificate);

        var run = await scene.RunAsync($"--{Replica.InDatabase}", $"--{certificate}");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        var found = DoctorScene.FindingsOf(run, "ok").Single(IsOfKeyRing).Found();
        found.ShouldContain("the database holds 1 key(s), 1 wrapped by certificate:");
        found.ShouldContain("decrypts 1 content token(s)");
    }

    [Fact]
    public async Task A_ring_that_another_certificate_wraps_is_found_with_its_name()
    {
        await using var scene = await DoctorScene.StartAsync(Replica.InDatabase, Certificate("one"));

        var failure = await scene.FailureAsync("key ring", $"--{Replica.InDatabase}", $"--{Certificate("another")}");

        failure.Subject().ShouldBe(scene.LocationId);
        failure.Found().ShouldContain("wrapped by certificate:");
        failure.Advice().ShouldContain("Locations:KeyRingOldCertificates:0");
        failure.Advice().ShouldContain("locations renew");
    }

    [Fact]
    public async Task Keys_in_clear_are_found()
    {
        await using var scene = await DoctorScene.StartAsync(Replica.InDatabase);

        var failure = await scene.FailureAsync("key ring", $"--{Replica.InDatabase}", "--environment=Development");

        failure.Found().ShouldBe("1 key(s) in the database are not wrapped");
    }

    [Fact]
    public async Task A_table_without_keys_is_found()
    {
        var certificate = Certificate("one");
        await using var scene = await DoctorScene.StartAsync(Replica.InDatabase, certificate);
        await scene.ExecuteAsync("delete from data_protection_key");

        var failure = await scene.FailureAsync("key ring", $"--{Replica.InDatabase}", $"--{certificate}");

        failure.Found().ShouldBe("there is no key in the database");
        failure.Advice().ShouldContain("data_protection_key");
    }

    public void Dispose() => folder.Dispose();

    private string Certificate(string name) => $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, name)}";

    private static bool IsOfKeyRing(JsonElement finding) => finding.GetProperty("check").GetString() == "key ring";
}
