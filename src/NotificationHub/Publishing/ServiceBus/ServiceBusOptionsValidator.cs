using FluentValidation;
using NotificationHub.Publishing.ServiceBus.Amqp;

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
                    if (text is { Length: > 0 } && !ServiceBusConnectionString.TryParse(text, out _, out var faults))
                    {
                        foreach (var fault in faults)
                        {
                            context.AddFailure(fault);
                        }
                    }
                }
            );
        RuleFor(options => options.Transport)
            .Must(transport => Enum.IsDefined(transport))
            .WithMessage("must be Https or Amqp");
        RuleFor(options => options.Transport)
            .Must(transport => transport != ServiceBusTransport.Amqp || AmqpTransport.Create is not null)
            .WithMessage(
                $"this build does not contain the Service Bus SDK: build it with {AmqpTransport.BuildSwitch}, or set Https"
            );
        RuleFor(options => options.MaxBatchBytes)
            .InclusiveBetween(16 * 1024, 1024 * 1024)
            .WithMessage("must lie between 16384 and 1048576, what Premium takes");
        RuleFor(options => options.SendTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))
            .WithMessage("must lie between one second and two minutes");
    }
}
