using System.CommandLine;
using System.Text.RegularExpressions;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Documents;

/// <summary>Every file, parameter, resource and command that the README of <c>infra/bicep</c> names exists.</summary>
public sealed partial class DeploymentNamesTests
{
    private static readonly string Text = BicepFiles.Read("README.md");

    // The README also names a file that its reader creates.
    private static readonly string[] OfTheReader = ["policy.json"];

    private static readonly RootCommand Root = HubCommandLine.Create(
        new CommandRunner([], TextWriter.Null, Stream.Null)
    );

    [Fact]
    public void Every_named_file_exists()
    {
        var existing = Directory
            .EnumerateFiles(BicepFiles.Folder, "*", SearchOption.AllDirectories)
            .Select(Path.GetFileName)
            .ToHashSet();
        var named = FileName().Matches(Text).Select(match => match.Value).Distinct().ToArray();

        named.ShouldContain("run-command.sh");
        named.Except(OfTheReader).Where(name => !existing.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_link_leads_to_a_heading()
    {
        var links = Link().Matches(Text);

        links.Count.ShouldBeGreaterThan(5);
        foreach (Match link in links)
        {
            var (file, heading) = (link.Groups["file"].Value, link.Groups["heading"].Value);
            var target =
                file.Length == 0
                    ? Text
                    : File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Documents", Path.GetFileName(file)));
            if (heading.Length > 0)
            {
                Headings(target).ShouldContain(heading, link.Value);
            }
        }
    }

    [BicepFact]
    public void Every_named_parameter_and_output_exists()
    {
        var existing = Names("parameters").Concat(Names("outputs")).ToHashSet();
        var named = Assignment()
            .Matches(Text)
            .Concat(CamelCase().Matches(Text))
            .Concat(Output().Matches(Text))
            .Select(match => match.Groups["name"].Value)
            .Distinct()
            .ToArray();

        named.Length.ShouldBeGreaterThan(15);
        named.Where(name => !existing.Contains(name)).ShouldBeEmpty();

        static IEnumerable<string> Names(string section) =>
            Deployment.Main.At(section).EnumerateObject().Select(member => member.Name);
    }

    [BicepFact]
    public void Every_named_resource_exists()
    {
        var existing = Deployment
            .Dev.Resources.Concat(Deployment.Prod.Resources)
            .Select(resource => resource.Text("name")!.Split('/')[0])
            // The resource groups of the README.
            .Concat(["nhub-dev", "nhub-prod"])
            .ToHashSet();

        ResourceName()
            .Matches(Text + Runbook.Text)
            .Select(match => match.Value)
            .Distinct()
            .Where(name => !existing.Contains(name))
            .ShouldBeEmpty();
        Deployment
            .Prod.OfType("Microsoft.Network/virtualNetworks/subnets")
            .ShouldContain(subnet => subnet.Text("name") == "nhub-prod-network/operators");
        Text.ShouldContain("--subnet operators ");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("runbook.md")]
    public void Every_named_command_of_the_hub_exists(string document)
    {
        var text = document == "README.md" ? Text : Runbook.Text;
        var commands = CommandOfTheHub()
            .Matches(text)
            .Concat(CommandInTheJob().Matches(text))
            .Select(match => match.Groups["command"].Value)
            .Concat(Code().Matches(text).Select(match => match.Groups["text"].Value).Where(IsCommand))
            .Distinct()
            .ToArray();

        commands.ShouldContain("migrate --after-restore");
        commands.SelectMany(command => Unknown(command).Select(word => $"{command}: {word}")).ShouldBeEmpty();
    }

    [Fact]
    public void An_unknown_command_or_option_is_found()
    {
        Unknown("locations renew L").ShouldBe(["renew"]);
        Unknown("locations renew-token L --file F").ShouldBe(["--file"]);
        Unknown("migrate --after-restore").ShouldBeEmpty();
    }

    // A code span of several words that starts with a command of the hub. Reasons of the health detail contain a colon.
    private static bool IsCommand(string code) =>
        !code.Contains(": ", StringComparison.Ordinal)
        && code.Split(' ') is [var first, _, ..]
        && Root.Subcommands.Any(command => command.Name == first);

    private static IEnumerable<string> Unknown(string text)
    {
        Command command = Root;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                if (command.Options.All(option => option.Name != word))
                {
                    yield return word;
                }
            }
            else if (command.Subcommands.FirstOrDefault(sub => sub.Name == word) is { } sub)
            {
                command = sub;
            }
            // Arguments have upper-case names.
            else if (command.Subcommands.Count > 0 && char.IsLower(word[0]))
            {
                yield return word;
            }
        }
    }

    // As GitHub derives the anchor of a heading.
    private static HashSet<string> Headings(string document) =>
        [
            .. document
                .Split('\n')
                .Where(line => line.StartsWith('#'))
                .Select(line => NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), ""))
                .Select(heading => heading.Replace(' ', '-')),
        ];

    [GeneratedRegex(@"(?<![\w/.-])[\w-]+\.(bicep|bicepparam|sh|json|vpptoken)\b|(?<=/)[\w-]+\.(bicep|bicepparam|sh)\b")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\]\((?!https?:)(?<file>[^)#]*)#?(?<heading>[^)]*)\)")]
    private static partial Regex Link();

    /// <summary>A parameter on the command line or in a parameter file.</summary>
    [GeneratedRegex(@"(--parameters |\bparam )(?<name>\w+)( =|=)", RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"`(?<name>[a-z]+[A-Z]\w*)(=\w+)?`", RegexOptions.ExplicitCapture)]
    private static partial Regex CamelCase();

    [GeneratedRegex(@"properties\.outputs\.(?<name>\w+)\.value")]
    private static partial Regex Output();

    [GeneratedRegex(@"\bnhub-(dev|prod)(-\w+)?", RegexOptions.ExplicitCapture)]
    private static partial Regex ResourceName();

    [GeneratedRegex("/app/NotificationHub (?<command>[^\"`\n]+)")]
    private static partial Regex CommandOfTheHub();

    [GeneratedRegex(@"run-command\.sh \S+ \S+ (?<command>[^`\n]+)")]
    private static partial Regex CommandInTheJob();

    [GeneratedRegex(@"`(?<text>[^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
