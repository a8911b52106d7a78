using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using FluentValidation;
using NotificationHub.Hosting;

namespace NotificationHub.CommandLine;

internal static class CommandInput
{
    private const int MaxRows = 10_000;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

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

    /// <summary>Requires exactly one of two options.</summary>
    public static bool RequireOne(this CommandResult command, Option one, Option other)
    {
        var isValid = command.TextOf(one) is null != command.TextOf(other) is null;
        if (!isValid)
        {
            command.AddError($"Specify exactly one of {one.Name} and {other.Name}.");
        }

        return isValid;
    }

    public static Option<string?> Choice(string name, string description, IReadOnlyCollection<string> values)
    {
        var list = string.Join(", ", values);
        var option = new Option<string?>(name)
        {
            Description = $"{description}: {list}.",
            HelpName = name.TrimStart('-'),
            CompletionSources = { _ => values.Select(value => new CompletionItem(value)) },
        };
        // Unlike AcceptOnlyFromAmong, the error names the option.
        option.Validators.Add(given =>
        {
            if (given.Tokens is [var token, ..] && !values.Contains(token.Value, StringComparer.Ordinal))
            {
                given.AddError($"{name}: must be one of {list}.");
            }
        });
        return option;
    }

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

    /// <summary>A point in time in ISO 8601; UTC without an offset.</summary>
    public static Option<DateTimeOffset?> Time(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "time",
            CustomParser = given =>
            {
                if (TryParseTime(given.Tokens[0].Value) is { } time)
                {
                    return time;
                }

                given.AddError($"{name}: must be a time such as 2026-03-01T08:00:00Z.");
                return null;
            },
        };

    public static DateTimeOffset? TryParseTime(string? text) =>
        DateTimeOffset.TryParseExact(
            text,
            TimeFormats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;

    /// <summary>Parses a whole number from 1 to <paramref name="max"/>.</summary>
    public static int? ParseWhole(ArgumentResult given, string name, int max)
    {
        if (
            int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && number <= max
        )
        {
            return number;
        }

        given.AddError($"{name}: must be a whole number from 1 to {max}.");
        return null;
    }

    /// <summary>Parses seconds, or a duration as in the settings.</summary>
    public static TimeSpan ParseWait(ArgumentResult given, TimeSpan max)
    {
        var text = given.Tokens[0].Value;
        var wait = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : SettingValues.ParseDuration(text);
        if (wait is null)
        {
            given.AddError("--wait: must be seconds, such as 30, or hours, minutes and seconds, such as 00:00:30.");
        }
        else if (wait < TimeSpan.Zero || wait > max)
        {
            given.AddError($"--wait: must be between zero and {max.TotalMinutes} minutes.");
        }

        return wait.GetValueOrDefault();
    }
}
