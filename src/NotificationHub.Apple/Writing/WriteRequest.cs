using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>
/// A change of assets, users or subscriptions. It may contain any number of items: the session removes duplicates and
/// sends as many requests as Apple's current limits require, one after the other. The first error stops the write and is
/// thrown; its <see cref="AppleException.Operation"/> says which requests Apple accepted.
/// <para>
/// A request that Apple certainly did not start is retried (429, and 5xx with Apple's number). A request whose effect is
/// unknown, because there was no response or it was canceled, is never repeated automatically: let Apple finish (up to
/// ten minutes), call <see cref="AppleSession.FindMissingAsync"/>, and send only what it returns.
/// </para>
/// <para>An incomplete or contradictory request is an <see cref="ArgumentException"/>, and nothing is sent.</para>
/// </summary>
public abstract record WriteRequest
{
    private protected WriteRequest() { }

    internal abstract Endpoint Endpoint { get; }

    /// <summary>The <see cref="EventStatus.EventType"/> of the request, such as <c>ASSOCIATE</c>; null if Apple handles it without an event.</summary>
    public string? EventType => Endpoint.EventType;

    /// <summary>The number of Apple's tasks; null if only Apple knows it.</summary>
    public abstract long? ItemCount { get; }

    /// <returns>Why the request is incomplete or contradictory, without its data; null if it is neither.</returns>
    internal abstract string? FindError();

    /// <summary>Cuts the request, without duplicates, into requests that the limits permit.</summary>
    internal abstract IEnumerable<WriteRequest> Split(ServiceConfig limits);

    /// <summary>The items that an error concerns; empty if it names none of this request.</summary>
    internal abstract IEnumerable<WriteItem> ItemsOf(ErrorInfo? info);

    internal abstract bool Contains(WriteItem item);

    internal byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMembers(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private protected abstract void WriteMembers(Utf8JsonWriter json);
}
