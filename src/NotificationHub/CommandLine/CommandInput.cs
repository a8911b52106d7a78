using System.CommandLine;
using System.CommandLine.Parsing;
using FluentValidation;

namespace NotificationHub.CommandLine;

internal static class CommandInput
{
    /// <summary>
    /// What an option was given: empty where it stands there without a value, null where it does not stand there. To ask for its value while
    /// the line is still being judged would throw where there is none.
    /// </summary>
    public static string? TextOf(this CommandResult command, Option option) =>
        command.GetResult(option) switch
        {
            { Implicit: false, Tokens: [var value, ..] } => value.Value,
            { Implicit: false } => "",
            _ => null,
        };

    /// <summary>Whether a switch was given, and not as <c>false</c>.</summary>
    public static bool IsSet(this CommandResult command, Option<bool> option) =>
        command.TextOf(option) is { } text && !text.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Judges what a command was given as a whole. It is done by the command and not by its options: the parser does not look at those any
    /// more where the command has found a fault.
    /// </summary>
    /// <param name="command">The command; it gets a fault a line.</param>
    /// <param name="validator">Judges.</param>
    /// <param name="input">What it was given.</param>
    /// <param name="names">What people call the members of the input; null for one whose fault was told already.</param>
    public static void Judge<T>(
        this CommandResult command,
        IValidator<T> validator,
        T input,
        params (string Member, string? Name)[] names
    )
    {
        foreach (var fault in validator.Validate(input).Errors)
        {
            if (names.Single(pair => pair.Member == fault.PropertyName).Name is { } name)
            {
                command.AddError($"{name}: {fault.ErrorMessage.TrimEnd('.')}.");
            }
        }
    }
}
