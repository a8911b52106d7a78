using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>
/// What Apple always sends with status 200. A response that breaks a rule is malformed and proves nothing about records.
/// Valid on a page: an empty list, even before other pages; a <c>totalPages</c> that differs from the previous page; no
/// <c>pricingParam</c> (it defaults to <c>STDQ</c>); no <c>size</c>, <c>currentPageIndex</c>, <c>totalPages</c> or <c>versionId</c>.
/// </summary>
internal static class ResponseRules
{
    // No list has so many pages: a million records need far fewer.
    public const int MaxPages = 10_000;

    // How far totalPages may be out of date while pages are empty.
    private const int Margin = 10;

    /// <returns>What is missing or contradictory, without data from the response; null for a complete response.</returns>
    public static string? FindMalformation(AppleResponse response, AppleCall call)
    {
        var filter = new RowFilter(call.Query);
        return IsError(response)
            ? "an error without a number"
            : response switch
            {
                AssetsResponse page => FindMalformation(
                    page,
                    call,
                    "assets",
                    asset => Has(asset.AdamId),
                    filter.Matches
                ),
                AssignmentsResponse page => FindMalformation(
                    page,
                    call,
                    "assignments",
                    one => Has(one.AdamId) && (Has(one.SerialNumber) || Has(one.ClientUserId)),
                    filter.Matches
                ),
                UsersResponse page => FindMalformation(
                    page,
                    call,
                    "users",
                    user => Has(user.ClientUserId),
                    filter.Matches
                ),
                SubscriptionsResponse page => FindMalformation(
                    page,
                    call,
                    "subscriptions",
                    one => Has(one.AdamId),
                    filter.Matches
                ),
                SubscriptionAssignmentsResponse page => FindMalformation(
                    page,
                    call,
                    "assignments",
                    one => Has(one.AdamId) && Has(one.ClientUserId),
                    filter.Matches
                ),
                SubscriptionAdminsResponse page => FindMalformation(
                    page,
                    call,
                    "admins",
                    one => Has(one.AdamId) && Has(one.ClientUserId),
                    filter.Matches
                ),
                EventStatus status => FindMalformation(status, call),
                EventResponse accepted => Has(accepted.EventId) ? FindForeignUId(accepted, call) : "no eventId",
                SubscriptionAdminsChange change => FindForeignUId(change, call),
                SubscriptionManagementResponse management => management.SubscriptionManagement is null
                    ? "no subscriptionManagement"
                    : FindForeignUId(management, call),
                ClientConfig config when call.Method == HttpMethod.Get => FindMalformation(config),
                ServiceConfig { Limits: null, Urls: null, NotificationTypes.Count: 0, ErrorCodes.Count: 0 } =>
                    "no member of Service Config",
                _ => null,
            };
    }

    private static bool IsError(AppleResponse response) =>
        response is { ErrorMessage.Length: > 0 } or { ErrorInfo: not null }
        || IsPresent(response.Error)
        || IsPresent(response.Errors)
        || (
            response.Outcome is { ValueKind: JsonValueKind.String } outcome
            && string.Equals(outcome.GetString(), "error", StringComparison.OrdinalIgnoreCase)
        );

    // An empty list of errors, or false, means no error.
    private static bool IsPresent(JsonElement? error) =>
        error is { } value
        && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
        && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

    private static string? FindMalformation<T>(
        PageResponse<T> page,
        AppleCall call,
        string list,
        Func<T, bool> isIdentified,
        Func<T, bool> isRequested
    )
        where T : class =>
        page.Rows is not { } rows || (page is AssetsResponse { Assets: null } && !call.IsOfUnlimitedAssets)
            ? $"no list {list}"
        : page.Size is { } size && size != rows.Count ? $"size {size} with {rows.Count} records"
        : !rows.All(row => row is not null && isIdentified(row)) ? $"a record in {list} without its identity"
        : !rows.All(row => isRequested(row!)) ? $"a record in {list} that was not requested"
        : FindForeignUId(page, call) ?? FindPagingMalformation(page, call);

    // The index of the page and of the next one. Pages with a cursor have neither.
    private static string? FindPagingMalformation<T>(PageResponse<T> page, AppleCall call)
        where T : class =>
        call.PageIndex is not { } requested ? null
        : page.CurrentPageIndex is { } current && current != requested ? $"page {current} instead of page {requested}"
        // Apple numbers pages from 0 without gaps. A next page beyond totalPages is read, because the total may be out of date.
        : page.NextPageIndex is { } next
            ? next != requested + 1 ? $"page {requested} leads to page {next}"
                : page.Rows!.Count == 0 && requested >= Math.Min((page.TotalPages ?? MaxPages) + (long)Margin, MaxPages)
                    ? $"page {requested} is empty and leads to another page"
                : null
        : page.TotalPages > requested + 1 ? $"page {requested} of {page.TotalPages} leads to no page"
        : null;

    private static string? FindMalformation(EventStatus status, AppleCall call) =>
        !Has(status.Status) ? "no eventStatus"
        : !status.IsPending && (status.NumCompleted is null || status.NumRequested is null)
            ? "no task counts in an event that has ended"
        : FindForeignUId(status, call);

    // All members are optional, so besides the uId, any member that only Client Config has is sufficient.
    private static string? FindMalformation(ClientConfig config) =>
        !Has(config.UId) ? "no uId"
        : config
            is {
                CountryISO2ACode: null,
                DefaultPlatform: null,
                WebsiteUrl: null,
                LocationName: null,
                NotificationUrl: null,
                NotificationAuthToken: null,
                SubscribedNotificationTypes.Count: 0
            }
            ? "no member of Client Config"
        : null;

    private static string? FindForeignUId(AppleResponse response, AppleCall call) =>
        call.UId is null || response.UId == call.UId ? null
        : Has(response.UId) ? "the uId of another location"
        : "no uId";

    private static bool Has(string? text) => !string.IsNullOrEmpty(text);
}
