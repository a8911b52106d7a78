using Microsoft.Extensions.Options;
using NotificationHub.Admin;
using NotificationHub.Auth;
using NotificationHub.Feed;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.CommandLine;

/// <summary>Says at the start what the hub works with, and what its settings seem to have forgotten.</summary>
internal static partial class StartupSummary
{
    public static void ReportStart(this WebApplication app, IEnumerable<UnknownSection> misspelt)
    {
        foreach (var section in misspelt)
        {
            Log.Misspelt(app.Logger, section.Name, section.Meant);
        }

        var bus = app.Services.GetRequiredService<IOptions<ServiceBusOptions>>().Value;
        if (bus.IsConfigured && !app.Environment.IsDevelopment())
        {
            WarnOfReferences(app);
        }

        // Not before the ports are known.
        app.Lifetime.ApplicationStarted.Register(() => ReportStarted(app, bus));
    }

    // An event that is too large for a message is fetched from the feed.
    private static void WarnOfReferences(WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<PublishingOptions>>().Value.PublicUrl is null)
        {
            Log.NoPublicUrl(app.Logger);
        }

        if (app.AccessToFeed() == FeedAccess.None)
        {
            Log.NoKeys(app.Logger);
        }
    }

    private static void ReportStarted(WebApplication app, ServiceBusOptions bus)
    {
        Log.Keeping(app.Logger, app.Services.GetRequiredService<Database>().Place);
        if (bus.IsConfigured)
        {
            Log.Publishing(app.Logger, HostOf(bus));
        }
        else
        {
            Log.NotPublishing(app.Logger);
        }

        var admin = app.Services.GetRequiredService<AdminListeners>();
        var feeds = string.Join(", ", app.Urls.Except(admin.Urls).Select(url => $"{url}/events"));
        switch (app.AccessToFeed())
        {
            case FeedAccess.Open:
                Log.FeedOpen(app.Logger, feeds);
                break;
            case FeedAccess.WithKey:
                Log.FeedWithKey(app.Logger, feeds);
                break;
            default:
                Log.NoFeed(app.Logger, app.Environment.EnvironmentName);
                break;
        }

        ReportAdmin(app);
        if (admin.AreSeparate)
        {
            Log.AdminListeners(app.Logger, string.Join(", ", admin.Urls));
        }
    }

    private static void ReportAdmin(WebApplication app)
    {
        switch (app.AccessToAdmin())
        {
            case AdminAccess.Loopback:
                Log.AdminOpen(app.Logger);
                break;
            case AdminAccess.WithCredentials:
                Log.AdminWithCredentials(app.Logger);
                break;
            default:
                Log.NoAdmin(app.Logger, app.Environment.EnvironmentName);
                break;
        }
    }

    private static string? HostOf(ServiceBusOptions bus) =>
        bus.ConnectionString is { Length: > 0 } text
            ? ServiceBusConnectionString.HostOf(text)
            : bus.FullyQualifiedNamespace;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Nothing reads the settings of section '{Section}'. Did you mean '{Meant}'?")]
        public static partial void Misspelt(ILogger logger, string section, string? meant);

        [LoggerMessage(
            LogLevel.Warning,
            "An event too large for a message will refer to no host: set Publishing:PublicUrl to the https address where consumers reach this hub."
        )]
        public static partial void NoPublicUrl(ILogger logger);

        [LoggerMessage(
            LogLevel.Warning,
            "An event too large for a message cannot be fetched by anyone: set Consumers:ApiKeys:0:Name and Consumers:ApiKeys:0:Sha256 for its consumer."
        )]
        public static partial void NoKeys(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The database is {Place}.")]
        public static partial void Keeping(ILogger logger, string place);

        [LoggerMessage(LogLevel.Information, "Events are published to the Service Bus {Bus}.")]
        public static partial void Publishing(ILogger logger, string? bus);

        [LoggerMessage(
            LogLevel.Information,
            "Events are published to no Service Bus: neither ServiceBus:FullyQualifiedNamespace nor ServiceBus:ConnectionString is set."
        )]
        public static partial void NotPublishing(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "Events are read at {Feeds}, without a key from this machine (Development)."
        )]
        public static partial void FeedOpen(ILogger logger, string feeds);

        [LoggerMessage(LogLevel.Information, "Events are read at {Feeds}, with a consumer's key.")]
        public static partial void FeedWithKey(ILogger logger, string feeds);

        [LoggerMessage(
            LogLevel.Information,
            "/events and /snapshot are not served: there is no key in Consumers:ApiKeys, and {Environment} is not Development."
        )]
        public static partial void NoFeed(ILogger logger, string environment);

        [LoggerMessage(
            LogLevel.Information,
            "/admin is open to whoever is on this machine: this is Development, and neither Admin:ApiKeys nor Admin:Entra is set."
        )]
        public static partial void AdminOpen(ILogger logger);

        [LoggerMessage(LogLevel.Information, "/admin is served to those with an administrator's key or token.")]
        public static partial void AdminWithCredentials(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "/admin is not served: neither Admin:ApiKeys nor Admin:Entra is set, and {Environment} is not Development."
        )]
        public static partial void NoAdmin(ILogger logger, string environment);

        [LoggerMessage(
            LogLevel.Information,
            "Administration, readiness and health details are served only at {Urls} (Admin:Urls)."
        )]
        public static partial void AdminListeners(ILogger logger, string urls);
    }
}
