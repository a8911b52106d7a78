using System.Text.Json.Serialization.Metadata;

namespace NotificationHub.Apple;

public sealed partial class AppleSession
{
    /// <summary>Assigns assets to users and devices. See <see cref="WriteRequest"/> for limits and errors. Apple: Associate Assets.</summary>
    public Task<AppleOperation> AssociateAssetsAsync(
        AssociateAssetsRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Takes assets back. See <see cref="WriteRequest"/> for limits and errors. Apple: Disassociate Assets.</summary>
    public Task<AppleOperation> DisassociateAssetsAsync(
        DisassociateAssetsRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Takes <em>all</em> revocable assets of users and devices back. See <see cref="WriteRequest"/> for limits and errors. Apple: Revoke Assets.</summary>
    public Task<AppleOperation> RevokeAssetsAsync(
        RevokeAssetsRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Creates users. See <see cref="WriteRequest"/> for limits and errors. Apple: Create Users.</summary>
    public Task<AppleOperation> CreateUsersAsync(
        CreateUsersRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Changes users. See <see cref="WriteRequest"/> for limits and errors. Apple: Update Users.</summary>
    public Task<AppleOperation> UpdateUsersAsync(
        UpdateUsersRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Retires users. See <see cref="WriteRequest"/> for limits and errors. Apple: Retire Users.</summary>
    public Task<AppleOperation> RetireUsersAsync(
        RetireUsersRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Assigns seats of subscriptions to users. See <see cref="WriteRequest"/> for limits and errors. Apple: Associate Subscriptions.</summary>
    public Task<AppleOperation> AssociateSubscriptionsAsync(
        AssociateSubscriptionsRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>Takes seats of subscriptions back. See <see cref="WriteRequest"/> for limits and errors. Apple: Disassociate Subscriptions.</summary>
    public Task<AppleOperation> DisassociateSubscriptionsAsync(
        DisassociateSubscriptionsRequest request,
        CancellationToken cancellationToken = default
    ) => StartAsync(request, cancellationToken);

    /// <summary>
    /// Makes users administrators of subscriptions. It is done when this returns. See <see cref="WriteRequest"/> for
    /// limits and errors. Apple: Add Subscription Admins.
    /// </summary>
    /// <returns>Apple's last response.</returns>
    public Task<SubscriptionAdminsChange> AddSubscriptionAdminsAsync(
        AddSubscriptionAdminsRequest request,
        CancellationToken cancellationToken = default
    ) => ChangeAdminsAsync(request, cancellationToken);

    /// <summary>
    /// Removes administrators of subscriptions. It is done when this returns. See <see cref="WriteRequest"/> for limits
    /// and errors. Apple: Remove Subscription Admins.
    /// </summary>
    /// <returns>Apple's last response.</returns>
    public Task<SubscriptionAdminsChange> RemoveSubscriptionAdminsAsync(
        RemoveSubscriptionAdminsRequest request,
        CancellationToken cancellationToken = default
    ) => ChangeAdminsAsync(request, cancellationToken);

    /// <summary>Lets content managers buy subscriptions for the location. It is done when this returns. Apple: Enable Subscriptions.</summary>
    public Task<SubscriptionManagementResponse> EnableSubscriptionsAsync(
        CancellationToken cancellationToken = default
    ) => ManageSubscriptionsAsync(Endpoint.EnableSubscriptions, cancellationToken);

    /// <summary>
    /// Ends the purchase of subscriptions for the location. It is done when this returns. While there are subscriptions,
    /// Apple rejects it (9818, <see cref="AppleErrorKind.Conflict"/>). Apple: Disable Subscriptions.
    /// </summary>
    public Task<SubscriptionManagementResponse> DisableSubscriptionsAsync(
        CancellationToken cancellationToken = default
    ) => ManageSubscriptionsAsync(Endpoint.DisableSubscriptions, cancellationToken);

    /// <summary>
    /// Waits until Apple has finished an accepted request, for example after a restart of the caller. Polls Event Status,
    /// at most for <see cref="AppleClientOptions.EventTimeout"/>; after that, the result is still pending.
    /// </summary>
    /// <exception cref="AppleException">Event Status cannot be read, or Apple does not know the event.</exception>
    public Task<EventResult> WaitForEventAsync(
        string eventId,
        IProgress<EventStatus>? progress = null,
        CancellationToken cancellationToken = default
    ) => new EventTracker(this, eventId, request: null, isNew: false).WaitAsync(progress, cancellationToken);

    /// <summary>
    /// Finds out what became of a write whose effect is unknown: reads the records back and returns requests for what is
    /// missing; none if nothing is. Let Apple finish first (it may take ten minutes), and send the returned requests, not
    /// the original one. Users to update with a <see cref="RequestUser.ManagedAppleId"/> are always returned, because no
    /// record contains it.
    /// </summary>
    /// <exception cref="AppleException">The records cannot be read.</exception>
    public async Task<IReadOnlyList<TRequest>> FindMissingAsync<TRequest>(
        TRequest request,
        CancellationToken cancellationToken = default
    )
        where TRequest : WriteRequest
    {
        EnsureComplete(request);
        var missing = await new MissingItems(this, cancellationToken).FindAsync(request);
        return [.. missing.Cast<TRequest>()];
    }

    private async Task<AppleOperation> StartAsync(WriteRequest request, CancellationToken cancellationToken) =>
        new(
            this,
            [
                .. (await SendAsync(request, ResponseJsonContext.Default.EventResponse, cancellationToken)).Select(
                    sent => sent.Part
                ),
            ]
        );

    private async Task<SubscriptionAdminsChange> ChangeAdminsAsync(
        SubscriptionsRequest request,
        CancellationToken cancellationToken
    ) =>
        (await SendAsync(request, ResponseJsonContext.Default.SubscriptionAdminsChange, cancellationToken))[
            ^1
        ].Response;

    private async Task<SubscriptionManagementResponse> ManageSubscriptionsAsync(
        Endpoint endpoint,
        CancellationToken cancellationToken
    ) =>
        await Observe(
            client.WriteAsync(
                NewWrite(endpoint),
                rate,
                ResponseJsonContext.Default.SubscriptionManagementResponse,
                cancellationToken
            )
        );

    private async Task<List<(OperationPart Part, TResponse Response)>> SendAsync<TResponse>(
        WriteRequest request,
        JsonTypeInfo<TResponse> responseType,
        CancellationToken cancellationToken
    )
        where TResponse : AppleResponse
    {
        EnsureComplete(request);
        var waiting = new Stack<WriteRequest>(request.Split(await client.GetLimitsAsync(cancellationToken)).Reverse());
        List<(OperationPart Part, TResponse Response)> sent = [];
        while (waiting.TryPop(out var next))
        {
            try
            {
                var call = NewWrite(next.Endpoint) with { Body = next.ToJson() };
                var response = await Observe(client.WriteAsync(call, rate, responseType, cancellationToken));
                sent.Add((new OperationPart(next, OperationPartState.Accepted, response as EventResponse), response));
            }
            catch (AppleException exception) when (exception.Kind == AppleErrorKind.TooManyItems)
            {
                // The limits may have changed since they were read.
                var pieces = next.Split(await client.RefreshLimitsAsync(cancellationToken)).ToList();
                if (pieces.Count == 1)
                {
                    throw Stopped(exception, next, sent.Select(one => one.Part), waiting);
                }

                pieces.Reverse();
                pieces.ForEach(waiting.Push);
            }
            catch (AppleException exception)
            {
                throw Stopped(exception, next, sent.Select(one => one.Part), waiting);
            }
        }

        return sent;
    }

    private static void EnsureComplete(WriteRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.FindError() is { } error)
        {
            throw new ArgumentException(error, nameof(request));
        }
    }

    private AppleException Stopped(
        AppleException exception,
        WriteRequest failed,
        IEnumerable<OperationPart> sent,
        IEnumerable<WriteRequest> waiting
    )
    {
        var state = exception.IsOutcomeUnknown ? OperationPartState.Unknown : OperationPartState.Rejected;
        exception.Operation = new AppleOperation(
            this,
            [
                .. sent,
                new OperationPart(failed, state),
                .. waiting.Select(request => new OperationPart(request, OperationPartState.NotSent)),
            ]
        );
        return exception;
    }

    private AppleCall NewWrite(Endpoint endpoint) =>
        new(endpoint)
        {
            Token = token,
            UId = uId,
            Method = HttpMethod.Post,
            IsWrite = true,
        };
}
