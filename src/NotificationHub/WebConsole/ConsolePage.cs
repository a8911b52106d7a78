using Microsoft.AspNetCore.Components;
using NotificationHub.Auth;
using NotificationHub.Storage;

namespace NotificationHub.WebConsole;

/// <summary>What pages need of the request.</summary>
// Components are public, so this is as well.
public abstract class ConsolePage : ComponentBase
{
    [CascadingParameter]
    public HttpContext Context { get; set; } = null!;

    [Inject]
    private AuditTrail Audit { get; set; } = null!;

    /// <summary>Whether the user may change something, and see personal data.</summary>
    protected bool MayOperate => Context.User.MayOperate();

    protected CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Loads the page, which is rendered afterwards.</summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    /// <summary>Responds 404 with a text instead of the page, which must render nothing then.</summary>
    protected void RespondNotFound(string? text) => ConsoleErrors.RespondNotFound(Context, text);

    // A component would be rendered as soon as its initialization waits, and so without its data.
    public override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync();
        await base.SetParametersAsync(ParameterView.Empty);
    }

    private protected Actor Actor => ConsoleSessions.ActorOf(Context);

    /// <summary>Records that the user sees personal data.</summary>
    private protected Task AuditViewAsync(AuditedAct view) => Audit.RecordAsync(Actor, view, Aborted);
}
