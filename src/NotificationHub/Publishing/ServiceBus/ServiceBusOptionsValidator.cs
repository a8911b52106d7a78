using FluentValidation;

namespace NotificationHub.Publishing.ServiceBus;

internal sealed class ServiceBusOptionsValidator : AbstractValidator<ServiceBusOptions>
{
    public ServiceBusOptionsValidator()
    {
        RuleFor(options => options.FullyQualifiedNamespace)
            .Must(name => string.IsNullOrEmpty(name) || Uri.CheckHostName(name) == UriHostNameType.Dns)
            .WithMessage("must be a host name alone, such as contoso.servicebus.windows.net");
        RuleFor(options => options.FullyQualifiedNamespace)
            .Empty()
            .When(options => options.ConnectionString is { Length: > 0 })
            .WithMessage("must be absent where ServiceBus:ConnectionString is given");
        RuleFor(options => options.ConnectionString)
            .Custom(
                (text, context) =>
                {
                    foreach (var fault in text is { Length: > 0 } ? ServiceBusConnectionString.Validate(text) : [])
                    {
                        context.AddFailure(fault);
                    }
                }
            );
        RuleFor(options => options.SendTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))
            .WithMessage("must lie between one second and two minutes");
    }
}
