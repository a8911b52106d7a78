using System.Runtime.InteropServices;

namespace NotificationHub.Tests.Infrastructure;

public sealed class CompilerTests
{
    [Fact]
    public void The_compiler_exists_on_the_platform_of_the_workflow() =>
        (BicepWorkspace.Compiler is not null).ShouldBe(
            OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64
        );

    // These compilations are shared by all tests. They fail with any diagnostic of the compiler or the linter.
    [BicepFact]
    public void The_template_its_modules_and_the_parameter_files_compile_without_a_warning()
    {
        Deployment.Main.Find("resources").ShouldNotBeNull();
        Deployment.Dev.Resources.ShouldNotBeEmpty();
        Deployment.Prod.Resources.ShouldNotBeEmpty();
    }

    [BicepFact]
    public void A_warning_of_the_compiler_fails()
    {
        using var workspace = new BicepWorkspace();
        File.WriteAllText(workspace.File("warning.bicep"), "output name string = concat('a', 'b')\n");

        Should
            .Throw<InvalidOperationException>(() => workspace.Run("build", "warning.bicep", "--stdout"))
            .Message.ShouldContain("Warning prefer-interpolation");
    }

    [BicepFact]
    public void Every_file_is_formatted()
    {
        using var workspace = new BicepWorkspace();
        string[] files = [.. BicepFiles.Templates, .. BicepFiles.ParameterFiles];
        // The compiler ignores a pattern without a match, so each kind of file gets one unformatted line.
        File.AppendAllText(workspace.File("main.bicep"), "var  spaces='two'\n");
        File.AppendAllText(workspace.File("dev.bicepparam"), "param  spaces='two'\n");

        workspace.Run("format", "--pattern", "./**/*.bicep*");

        files
            .Where(file =>
                File.ReadAllText(workspace.File(file))
                != file switch
                {
                    "main.bicep" => BicepFiles.Read(file) + "var spaces = 'two'\n",
                    "dev.bicepparam" => BicepFiles.Read(file) + "param spaces = 'two'\n",
                    _ => BicepFiles.Read(file),
                }
            )
            .ShouldBeEmpty();
    }
}
