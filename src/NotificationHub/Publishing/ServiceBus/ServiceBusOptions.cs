using FluentValidation;

namespace NotificationHub.Publishing.ServiceBus;

internal sealed class ServiceBusOptions
{
    public const string Section = "ServiceBus";

    /// <summary>The namespace's host, such as <c>contoso.servicebus.windows.net</c>. The hub uses a Microsoft Entra identity.</summary>
    public string? FullyQualifiedNamespace { get; set; }

    /// <summary>The namespace's connection string with a shared access key, instead of an identity.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether to connect by AMQP over WebSockets (port 443, through proxies) instead of AMQP (port 5671).</summary>
    public bool UseWebSockets { get; set; }

    /// <summary>The maximum duration of one send, including the time to get a token.</summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(8);

    public bool IsConfigured => FullyQualifiedNamespace is { Length: > 0 } || ConnectionString is { Length: > 0 };
}

internal sealed class ServiceBusOptionsValidator : AbstractValidator<ServiceBusOptions>
{
    public ServiceBusOptionsValidator()
    {
        RuleFor(options => options.FullyQualifiedNamespace)
            .Must(name => string.IsNullOrEmpty(name) || Uri.CheckHostName(name) == UriHostNameType.Dns)
            .WithMessage("must be a host name without scheme or path, such as contoso.servicebus.windows.net");
        RuleFor(options => options.FullyQualifiedNamespace)
            .Empty()
            .When(options => options.ConnectionString is { Length: > 0 })
            .WithMessage("must be empty if ServiceBus:ConnectionString is set");
        RuleFor(options => options.ConnectionString)
            .Custom(
                (text, context) =>
                {
                    foreach (var error in text is { Length: > 0 } ? ServiceBusConnectionString.Validate(text) : [])
                    {
                        context.AddFailure(error);
                    }
                }
            );
        RuleFor(options => options.SendTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))
            .WithMessage("must be between one second and two minutes");
    }
}
