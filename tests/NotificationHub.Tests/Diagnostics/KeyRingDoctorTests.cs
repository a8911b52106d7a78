using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Locations.KeyRing;

namespace NotificationHub.Tests.Diagnostics;

/// <summary>The results of <c>doctor</c> for a key ring in the database.</summary>
public sealed class KeyRingDoctorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_check_reports_the_location_of_the_keys_and_their_certificate()
    {
        var certificate = Certificate("one");
        await using var scene = await DoctorScene.StartAsync(certificate);

        var run = await scene.RunAsync($"--{certificate}");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        var found = DoctorScene.DiagnosticResultsOf(run, "ok").Single(IsKeyRingResult).Found();
        found.ShouldContain("the database holds 1 key(s), 1 protected by CN=key ring (");
        found.ShouldContain("decrypts 1 content token(s)");
    }

    [Fact]
    public async Task A_missing_certificate_fails()
    {
        await using var scene = await DoctorScene.StartAsync(Certificate("one"));

        var failure = await scene.FailureAsync("key ring", $"--{Certificate("another")}");

        failure.Subject().ShouldBe(scene.LocationId);
        failure.Found().ShouldContain("cannot be decrypted");
        failure.Advice().ShouldContain("KeyRing:PreviousCertificateFiles:0");
        failure.Advice().ShouldContain("locations renew-token");
    }

    [Fact]
    public async Task A_table_without_keys_fails()
    {
        var certificate = Certificate("one");
        await using var scene = await DoctorScene.StartAsync(certificate);
        await scene.ExecuteAsync("delete from data_protection_key");

        var failure = await scene.FailureAsync("key ring", $"--{certificate}");

        failure.Found().ShouldBe("there is no key in the database");
        failure.Advice().ShouldContain("data_protection_key");
        (await scene.CountKeysAsync()).ShouldBe(0);
    }

    public void Dispose() => folder.Dispose();

    private string Certificate(string name) => $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, name)}";

    private static bool IsKeyRingResult(JsonElement result) => result.GetProperty("check").GetString() == "key ring";
}
