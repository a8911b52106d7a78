using NotificationHub.CommandLine;

namespace NotificationHub.Tests.CommandLine;

public sealed class CommandArgumentsTests
{
    [Fact]
    public void Settings_are_told_from_a_commands_own_options_wherever_they_stand()
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
    public void Anything_else_is_left_to_be_refused(string argument) =>
        CommandArguments.Parse([argument, "--json"]).Settings.ShouldBeEmpty();
}
