using NotificationHub.CommandLine;

namespace NotificationHub.Tests.CommandLine;

public sealed class CommandArgumentsTests
{
    [Fact]
    public void Settings_are_separated_from_options_at_any_position()
    {
        var arguments = CommandArguments.Parse([
            "locations",
            "--Apple:BaseUrl=http://127.0.0.1:1/mdm/v2",
            "add",
            "--url",
            "https://hub.example.com",
            "--Auth:ApiKeys:0:Name",
            "team",
            "--urls=http://127.0.0.1:0",
            "--OTEL_SERVICE_NAME=north",
            "--APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=key;IngestionEndpoint=https://eu.example.com/",
            "--json",
        ]);

        arguments.Settings.ShouldBe([
            "--Apple:BaseUrl=http://127.0.0.1:1/mdm/v2",
            "--Auth:ApiKeys:0:Name=team",
            "--urls=http://127.0.0.1:0",
            "--OTEL_SERVICE_NAME=north",
            "--APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=key;IngestionEndpoint=https://eu.example.com/",
        ]);
        arguments.Others.ShouldBe(["locations", "add", "--url", "https://hub.example.com", "--json"]);
    }

    [Theory]
    [InlineData("--Storage:ConnectionString")]
    [InlineData("--Storage")]
    [InlineData("--Storage=x")]
    [InlineData("Storage:ConnectionString=x")]
    public void Everything_else_is_left_to_the_command(string argument) =>
        CommandArguments.Parse([argument, "--json"]).Settings.ShouldBeEmpty();
}
