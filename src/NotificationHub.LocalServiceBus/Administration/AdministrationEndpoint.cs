using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>
/// The interface (Atom over HTTP) that <c>ServiceBusAdministrationClient</c> and explorers use: lists and gets topics,
/// subscriptions and rules with their counts; creates and deletes subscriptions and rules.
/// </summary>
internal sealed class AdministrationEndpoint(BusContext bus)
{
    private const int PageSize = 100;
    private readonly SharedAccessCheck access = new(bus.Options.KeyName, bus.Options.Key);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            Authorize(context.Request);
            // A chunked body has no length.
            var hasBody = context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody;
            var body = hasBody ? await ReadAsync(context) : null;
            await WriteAsync(context, HttpMethods.IsPut(context.Request.Method) ? 201 : 200, Route(context, body));
        }
        catch (AmqpException e)
        {
            await WriteErrorAsync(context, Status(e.Error.Condition.Value), e.Error.Description);
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            await WriteErrorAsync(context, StatusCodes.Status400BadRequest, "The request's content is invalid.");
        }
    }

    private void Authorize(HttpRequest request)
    {
        var covered = access.Resource(request.Headers.Authorization.ToString());
        var path = BusAddress.PathOf(request.Path.Value);
        if (!BusAddress.Covers(covered, path))
        {
            throw new AmqpException(AmqpConditions.UnauthorizedAccess, $"The token does not cover '{path}'.");
        }
    }

    private XElement? Route(HttpContext context, XElement? body)
    {
        var request = context.Request;
        string[] path = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (HttpMethods.IsPut(request.Method) && request.Headers.IfMatch.Count > 0)
        {
            throw RuleOperations.Unsupported("updates of entities");
        }

        return (request.Method.ToUpperInvariant(), Lower(path, 1), Lower(path, 3)) switch
        {
            ("GET", _, _) when Lower(path, 0) == "$namespaceinfo" => EntityXml.Namespace(),
            ("GET", "topics", _) when Lower(path, 0) == "$resources" => EntityXml.Feed(
                Page(bus.Topics, request).Select(EntityXml.Entry)
            ),
            ("GET", _, _) when Lower(path, 0) == "$resources" => EntityXml.Feed([]),
            ("GET", null, _) => EntityXml.Entry(bus.Topic(path[0])),
            ("GET", "subscriptions", null) when path.Length == 2 => EntityXml.Feed(
                Page(bus.Topic(path[0]).Subscriptions, request).Select(EntityXml.Entry)
            ),
            (var method, "subscriptions", null) when path.Length == 3 => Subscription(method, path[0], path[2], body),
            ("GET", "subscriptions", "rules") when path.Length == 4 => EntityXml.Feed(
                Page(bus.Subscription(path[0], path[2]).Rules, request).Select(RuleXml.Entry)
            ),
            (var method, "subscriptions", "rules") when path.Length == 5 => Rule(
                method,
                bus.Subscription(path[0], path[2]),
                path[4],
                body
            ),
            _ => throw RuleOperations.Unsupported($"{request.Method} {request.Path}"),
        };
    }

    private XElement? Subscription(string method, string topicName, string name, XElement? body)
    {
        var topic = bus.Topic(topicName);
        switch (method)
        {
            case "GET":
                return EntityXml.Entry(bus.Subscription(topicName, name));
            case "PUT":
                var (settings, rule) = EntityXml.ReadSubscription(
                    body ?? throw new XmlException(),
                    bus.Topology.Settings(bus.Options, requiresSession: false)
                );
                var subscription = new LocalSubscription(name, [rule], settings, bus.Options);
                topic.Add(subscription);
                return EntityXml.Entry(subscription);
            case "DELETE":
                topic.Remove(bus.Subscription(topicName, name));
                return null;
            default:
                throw RuleOperations.Unsupported(method);
        }
    }

    private static XElement? Rule(string method, LocalSubscription subscription, string name, XElement? body)
    {
        switch (method)
        {
            case "GET":
                return RuleXml.Entry(
                    subscription.Rules.FirstOrDefault(rule =>
                        rule.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                    ) ?? throw new AmqpException(AmqpConditions.NotFound, $"The rule '{name}' does not exist.")
                );
            case "PUT":
                var created = RuleXml.Read(EntityXml.Content(body ?? throw new XmlException())) with { Name = name };
                subscription.AddRule(created);
                return RuleXml.Entry(created);
            case "DELETE":
                subscription.RemoveRule(name);
                return null;
            default:
                throw RuleOperations.Unsupported(method);
        }
    }

    private static string? Lower(string[] path, int index) =>
        index < path.Length ? path[index].ToLowerInvariant() : null;

    private static IEnumerable<T> Page<T>(IEnumerable<T> all, HttpRequest request) =>
        all.Skip(Number(request, "$skip", 0)).Take(Number(request, "$top", PageSize));

    private static int Number(HttpRequest request, string name, int otherwise) =>
        int.TryParse(request.Query[name], out var number) ? number : otherwise;

    private static int Status(string condition) =>
        condition switch
        {
            AmqpConditions.UnauthorizedAccess => 401,
            AmqpConditions.NotFound => 404,
            AmqpConditions.EntityAlreadyExists => 409,
            AmqpConditions.NotImplemented => 501,
            _ => 400,
        };

    private static Task<XElement> ReadAsync(HttpContext context) =>
        XElement.LoadAsync(context.Request.Body, LoadOptions.None, context.RequestAborted);

    private static Task WriteErrorAsync(HttpContext context, int status, string detail) =>
        WriteAsync(
            context,
            status,
            new XElement("Error", new XElement("Code", status), new XElement("Detail", detail))
        );

    private static async Task WriteAsync(HttpContext context, int status, XElement? content)
    {
        context.Response.StatusCode = status;
        if (content is not null)
        {
            context.Response.ContentType = "application/atom+xml;type=entry;charset=utf-8";
            await context.Response.WriteAsync(content.ToString(SaveOptions.DisableFormatting), context.RequestAborted);
        }
    }
}
