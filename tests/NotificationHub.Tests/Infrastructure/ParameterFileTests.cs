namespace NotificationHub.Tests.Infrastructure;

public sealed class ParameterFileTests
{
    [Fact]
    public void There_is_one_for_development_and_one_for_production() =>
        BicepFiles.ParameterFiles.ShouldBe(["dev.bicepparam", "prod.bicepparam"]);

    [BicepFact]
    public void The_compiler_refuses_a_value_that_the_parameter_does_not_take()
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
    public void What_it_takes_from_the_environment_is_told_in_the_README()
    {
        BicepFiles.RequiredVariables().ShouldNotBeEmpty();
        BicepFiles
            .RequiredVariables()
            .Where(name => !BicepFiles.Read("README.md").Contains($"{name}=", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }
}
