using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FluentValidation;

namespace NotificationHub.CommandLine;

internal static class CommandInput
{
    private const int MaxRows = 10_000;

    /// <summary>The value of an option: empty without a value, null without the option.</summary>
    // While the command line is being validated, GetValue throws if the value is missing.
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

    /// <summary>Validates the input of a command as a whole, and adds one error per line.</summary>
    /// <param name="names">Each member's name on the command line; null for one whose error is reported already.</param>
    // The command validates and not its options: the parser skips the options' validators if the command's has failed.
    public static void Validate<T>(
        this CommandResult command,
        IValidator<T> validator,
        T input,
        params (string Member, string? Name)[] names
    )
    {
        foreach (var error in validator.Validate(input).Errors)
        {
            if (names.Single(pair => pair.Member == error.PropertyName).Name is { } name)
            {
                command.AddError($"{name}: {error.ErrorMessage.TrimEnd('.')}.");
            }
        }
    }

    public static Option<string?> Choice(string name, string description, IReadOnlyCollection<string> values) =>
        new Option<string?>(name)
        {
            Description = $"{description}: {string.Join(", ", values)}.",
            HelpName = name.TrimStart('-'),
        }.AcceptOnlyFromAmong([.. values]);

    public static Option<int> Limit(int rows = 100) =>
        new("--limit")
        {
            Description = $"Maximum number of rows, 1 to {MaxRows}.",
            DefaultValueFactory = _ => rows,
            CustomParser = given =>
            {
                if (
                    int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                    && limit is >= 1 and <= MaxRows
                )
                {
                    return limit;
                }

                given.AddError($"--limit: must be a whole number from 1 to {MaxRows}.");
                return default;
            },
        };

    /// <summary>Parses seconds, or a time with colons.</summary>
    // .NET would parse 30 as thirty days.
    public static TimeSpan ParseWait(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        if (
            text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var wait)
        )
        {
            return wait;
        }

        given.AddError("--wait: must be seconds, such as 30, or hours, minutes and seconds, such as 00:00:30.");
        return default;
    }
}
