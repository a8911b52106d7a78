namespace NotificationHub.Tests.Infrastructure;

public sealed class ParameterFileTests
{
    [Fact]
    public void There_are_parameter_files_for_development_and_production() =>
        BicepFiles.ParameterFiles.ShouldBe(["dev.bicepparam", "prod.bicepparam"]);

    [BicepFact]
    public void The_compiler_rejects_an_invalid_parameter_value()
    {
        using var workspace = new BicepWorkspace();
        File.WriteAllText(
            workspace.File("dev.bicepparam"),
            BicepFiles.Read("dev.bicepparam").Replace("minReplicas = 2", "minReplicas = 1", StringComparison.Ordinal)
        );

        Should
            .Throw<InvalidOperationException>(() => workspace.Run("build-params", "dev.bicepparam", "--stdout"))
            .Message.ShouldContain("the minimum allowable value is 2");
    }

    [Fact]
    public void The_README_lists_the_environment_variables_of_the_parameter_files()
    {
        BicepFiles.RequiredVariables().ShouldNotBeEmpty();
        BicepFiles
            .RequiredVariables()
            .Where(name => !BicepFiles.Read("README.md").Contains($"{name}=", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }
}
