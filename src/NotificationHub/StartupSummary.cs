using Microsoft.Extensions.Options;
using NotificationHub.Auth;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub;

/// <summary>Logs at startup what the hub uses, and settings that appear to be missing.</summary>
internal static partial class StartupSummary
{
    public static void ReportStart(this WebApplication app, IEnumerable<UnknownSection> misspelled)
    {
        foreach (var section in misspelled)
        {
            Log.Misspelled(app.Logger, section.Name, section.Suggestion);
        }

        var bus = app.Services.GetRequiredService<IOptions<ServiceBusOptions>>().Value;
        var access = app.Services.GetRequiredService<ApiAccessRules>();
        if (bus.IsConfigured && !app.Environment.IsDevelopment())
        {
            WarnAboutReferences(app, access);
        }

        // The ports are not known before.
        app.Lifetime.ApplicationStarted.Register(() => ReportStarted(app, bus, access));
    }

    // Consumers fetch an event that is too large for a message from the feed.
    private static void WarnAboutReferences(WebApplication app, ApiAccessRules access)
    {
        if (app.Services.GetRequiredService<IOptions<PublishingOptions>>().Value.PublicUrl is null)
        {
            Log.NoPublicUrl(app.Logger);
        }

        if (access.Feed == ApiAccess.None)
        {
            Log.NoConsumerKey(app.Logger);
        }
    }

    private static void ReportStarted(WebApplication app, ServiceBusOptions bus, ApiAccessRules access)
    {
        Log.Database(app.Logger, app.Services.GetRequiredService<Database>().DisplayName);
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
        switch (access.Feed)
        {
            case ApiAccess.Local:
                Log.FeedOpen(app.Logger, feeds);
                break;
            case ApiAccess.Credentials:
                Log.FeedWithCredentials(app.Logger, feeds);
                break;
            default:
                Log.NoFeed(app.Logger);
                break;
        }

        switch (access.Admin)
        {
            case ApiAccess.Local:
                Log.AdminOpen(app.Logger);
                break;
            case ApiAccess.Credentials:
                Log.AdminWithCredentials(app.Logger);
                break;
            default:
                Log.NoAdmin(app.Logger);
                break;
        }

        if (admin.AreSeparate)
        {
            Log.AdminListeners(app.Logger, string.Join(", ", admin.Urls));
        }
    }

    private static string? HostOf(ServiceBusOptions bus) =>
        bus.ConnectionString is { Length: > 0 } text
            ? ServiceBusConnectionString.GetHost(text)
            : bus.FullyQualifiedNamespace;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Ignored the settings of unknown section '{Section}'. Did you mean '{Meant}'?"
        )]
        public static partial void Misspelled(ILogger logger, string section, string? meant);

        [LoggerMessage(
            LogLevel.Warning,
            "Publishing:PublicUrl is not set: consumers cannot fetch events that are too large for a message. Set it to this hub's https URL."
        )]
        public static partial void NoPublicUrl(ILogger logger);

        [LoggerMessage(
            LogLevel.Warning,
            "Auth:ApiKeys has no key with the role Consume: consumers cannot fetch events that are too large for a message. Add one."
        )]
        public static partial void NoConsumerKey(ILogger logger);

        [LoggerMessage(LogLevel.Information, "The database is {Place}.")]
        public static partial void Database(ILogger logger, string place);

        [LoggerMessage(LogLevel.Information, "Publishing events to the Service Bus {Bus}.")]
        public static partial void Publishing(ILogger logger, string? bus);

        [LoggerMessage(
            LogLevel.Information,
            "Publishing to no Service Bus: neither ServiceBus:FullyQualifiedNamespace nor ServiceBus:ConnectionString is set."
        )]
        public static partial void NotPublishing(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "Serving events at {Feeds}, without a key for requests from this machine (Development)."
        )]
        public static partial void FeedOpen(ILogger logger, string feeds);

        [LoggerMessage(LogLevel.Information, "Serving events at {Feeds}, to callers with the role Hub.Consume.")]
        public static partial void FeedWithCredentials(ILogger logger, string feeds);

        [LoggerMessage(
            LogLevel.Information,
            "Not serving /events and /snapshot: neither Auth:ApiKeys with the role Consume nor Auth:Entra is set."
        )]
        public static partial void NoFeed(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "Serving /admin without credentials for requests from this machine (Development)."
        )]
        public static partial void AdminOpen(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Serving /admin to callers with the role Hub.Read or Hub.Operate.")]
        public static partial void AdminWithCredentials(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "Not serving /admin: neither Auth:ApiKeys with the role Read or Operate nor Auth:Entra is set."
        )]
        public static partial void NoAdmin(ILogger logger);

        [LoggerMessage(
            LogLevel.Information,
            "Serving administration, readiness and health details only at {Urls} (Admin:Urls)."
        )]
        public static partial void AdminListeners(ILogger logger, string urls);
    }
}
