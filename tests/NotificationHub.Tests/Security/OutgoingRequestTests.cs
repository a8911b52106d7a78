using System.Text.RegularExpressions;
using NotificationHub.Tests.Apple.Package;

namespace NotificationHub.Tests.Security;

/// <summary>Rules for all source of the hub and its client for Apple, because no test can try every server that could respond.</summary>
public sealed partial class OutgoingRequestTests
{
    private static readonly IReadOnlyList<(string File, string Text)> Sources =
    [
        .. new[]
        {
            Path.Combine(AppContext.BaseDirectory, "Source"),
            Path.Combine(ClientSource.Root, ClientSource.Folder),
        }
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Select(file => (Path.GetFileName(file), File.ReadAllText(file))),
    ];

    [Fact]
    public void No_source_replaces_the_validation_of_certificates()
    {
        var sources = Sources.Where(source => OwnValidation().IsMatch(source.Text)).ToDictionary();

        // `doctor` describes the certificate of the public URL, and accepts what the framework accepts.
        sources.Keys.ShouldBe(["PresentedCertificate.cs", "PublicUrlCheck.cs"], ignoreOrder: true);
        sources["PresentedCertificate.cs"].ShouldNotContain("Callback");
        OwnValidation().Count(sources["PublicUrlCheck.cs"]).ShouldBe(2);
        sources["PublicUrlCheck.cs"].ShouldContain("return errors == SslPolicyErrors.None;");
    }

    [Fact]
    public void No_HTTP_handler_follows_redirects()
    {
        var handlers = Sources.Where(source => Handler().IsMatch(source.Text)).ToList();

        handlers
            .Select(source => source.File)
            .ShouldBe(
                ["AppleClient.cs", "DiagnosticsSetup.cs", "HealthCommand.cs", "PublicUrlCheck.cs", "RelayClient.cs"],
                ignoreOrder: true
            );
        handlers
            .Where(source => Handler().Count(source.Text) != NoRedirect().Count(source.Text))
            .Select(source => source.File)
            .ShouldBeEmpty();
        Sources.Where(source => DefaultHandler().IsMatch(source.Text)).Select(source => source.File).ShouldBeEmpty();
    }

    [GeneratedRegex("Certificate(Custom)?ValidationCallback|DangerousAcceptAny|SslPolicyErrors")]
    private static partial Regex OwnValidation();

    [GeneratedRegex(@"new SocketsHttpHandler\b|SocketsHttpHandler CreateHandler\(")]
    private static partial Regex Handler();

    [GeneratedRegex("AllowAutoRedirect = false")]
    private static partial Regex NoRedirect();

    [GeneratedRegex(@"new HttpClient\(\)|new HttpClientHandler\b")]
    private static partial Regex DefaultHandler();
}
