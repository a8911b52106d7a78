using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple;

/// <param name="Status">The HTTP status; null for an error that only a failed task of an event has.</param>
/// <param name="Message">Our own wording; Apple's texts vary.</param>
internal sealed record AppleError(int? Status, string Message);

/// <summary>All of Apple's error numbers.</summary>
internal static class AppleErrors
{
    public const int LoginRequired = 9601;
    public const int InvalidArgument = 9602;
    public const int InternalError = 9603;
    public const int UserNotFound = 9609;
    public const int TokenExpired = 9621;
    public const int TokenInvalid = 9622;
    public const int BadApnToken = 9623;
    public const int TokenRevoked = 9625;
    public const int ServiceGone = 9634;
    public const int AccountNotAssociable = 9635;
    public const int FacilitatorNotAllowed = 9637;
    public const int AccountAlreadyAssociated = 9641;
    public const int MaintenanceMode = 9644;
    public const int TooManyRequests = 9646;
    public const int LegacyToken = 9647;
    public const int PageIndexOutOfRange = 9650;
    public const int TooManyAssets = 9700;
    public const int TooManyClientUserIds = 9701;
    public const int TooManySerialNumbers = 9702;
    public const int DuplicateAssets = 9703;
    public const int DuplicateClientUserIds = 9704;
    public const int DuplicateSerialNumbers = 9705;
    public const int NotRevocable = 9706;
    public const int NotDeviceAssignable = 9707;
    public const int EventNotFound = 9708;
    public const int NotEnoughAssets = 9709;
    public const int NotificationPairMissing = 9710;
    public const int NotificationTooLong = 9711;
    public const int NotificationUrlNotHttps = 9712;
    public const int MdmMetadataTooLong = 9713;
    public const int TooManyUsers = 9714;
    public const int DuplicateUsers = 9715;
    public const int ExistingUser = 9716;
    public const int BadEmail = 9717;
    public const int AssetsMissing = 9718;
    public const int TargetsMissing = 9719;
    public const int UsersMissing = 9720;
    public const int InvalidVersion = 9721;
    public const int AuthorizationMalformed = 9722;
    public const int MdmInfoIncomplete = 9723;
    public const int MdmIdTooLong = 9724;
    public const int MdmNameTooLong = 9725;
    public const int WrongMethod = 9726;
    public const int WrongContentType = 9727;
    public const int NotificationUrlUnreachable = 9728;
    public const int TemporarilyUnavailable = 9729;
    public const int BadSubscriptionAssociation = 9811;
    public const int InvalidCursor = 9812;
    public const int BadAdamId = 9813;
    public const int NoAssociatedUser = 9814;
    public const int UserLacksSubscription = 9815;
    public const int OverSubscriptionLimit = 9816;
    public const int AssignedThroughGroup = 9817;
    public const int CannotDisableSubscriptions = 9818;

    public static IReadOnlyDictionary<int, AppleError> All { get; } =
        new SortedDictionary<int, AppleError>
        {
            [LoginRequired] = new(401, "Login required"),
            [InvalidArgument] = new(400, "Invalid argument"),
            [InternalError] = new(500, "Internal error"),
            [UserNotFound] = new(400, "Registered user not found"),
            [TokenExpired] = new(401, "The content token has expired"),
            // Observed in a 200, although Apple documents 401 for tokens that are not accepted.
            [TokenInvalid] = new(200, "Invalid authentication token"),
            [BadApnToken] = new(400, "Invalid APN token"),
            [TokenRevoked] = new(401, "The content token was revoked"),
            [ServiceGone] = new(410, "The service is no longer available"),
            [AccountNotAssociable] = new(null, "The Apple Account cannot be associated"),
            [FacilitatorNotAllowed] = new(403, "Not allowed for this account"),
            [AccountAlreadyAssociated] = new(null, "The Apple Account is already associated"),
            [MaintenanceMode] = new(null, "The service is in maintenance mode"),
            [TooManyRequests] = new(429, "Too many requests for the organization"),
            [LegacyToken] = new(403, "Legacy tokens are not supported"),
            [PageIndexOutOfRange] = new(400, "The page index must be within the available pages"),
            [TooManyAssets] = new(400, "Too many assets"),
            [TooManyClientUserIds] = new(400, "Too many client user ids"),
            [TooManySerialNumbers] = new(400, "Too many serial numbers"),
            [DuplicateAssets] = new(400, "Duplicate assets"),
            [DuplicateClientUserIds] = new(400, "Duplicate client user ids"),
            [DuplicateSerialNumbers] = new(400, "Duplicate serial numbers"),
            [NotRevocable] = new(400, "The asset cannot be revoked"),
            [NotDeviceAssignable] = new(400, "The asset cannot be assigned to devices"),
            [EventNotFound] = new(400, "Event not found"),
            [NotEnoughAssets] = new(null, "Not enough assets available"),
            [NotificationPairMissing] = new(400, "Notification URL and token must be given together"),
            [NotificationTooLong] = new(400, "Notification URL or token too long"),
            [NotificationUrlNotHttps] = new(400, "The notification URL must be a valid https URL"),
            [MdmMetadataTooLong] = new(400, "MDM metadata too long"),
            [TooManyUsers] = new(400, "Too many users"),
            [DuplicateUsers] = new(400, "Duplicate users"),
            [ExistingUser] = new(null, "The user already exists"),
            [BadEmail] = new(400, "Invalid e-mail address"),
            [AssetsMissing] = new(400, "Assets are required"),
            [TargetsMissing] = new(400, "Client user ids or serial numbers are required"),
            [UsersMissing] = new(400, "Users are required"),
            [InvalidVersion] = new(400, "Invalid version id"),
            [AuthorizationMalformed] = new(401, "The Authorization header must be in the form Bearer {sToken}"),
            [MdmInfoIncomplete] = new(400, "MDM id, name and metadata must be given together"),
            [MdmIdTooLong] = new(400, "MDM id too long"),
            [MdmNameTooLong] = new(400, "MDM name too long"),
            [WrongMethod] = new(405, "Method not allowed"),
            [WrongContentType] = new(415, "Unsupported content type"),
            [NotificationUrlUnreachable] = new(400, "The notification URL could not be reached"),
            [TemporarilyUnavailable] = new(503, "The service is temporarily unavailable"),
            [BadSubscriptionAssociation] = new(400, "Invalid subscription association"),
            [InvalidCursor] = new(400, "Invalid cursor"),
            [BadAdamId] = new(400, "Invalid adam id"),
            [NoAssociatedUser] = new(400, "No associated user"),
            [UserLacksSubscription] = new(400, "The user does not have this subscription"),
            [OverSubscriptionLimit] = new(400, "Over the subscription limit"),
            [AssignedThroughGroup] = new(400, "The subscription is assigned through a group"),
            [CannotDisableSubscriptions] = new(400, "Subscription management cannot be disabled"),
        };

    /// <summary>The HTTP status of a response with this error; 400 if Apple documents none.</summary>
    public static int StatusOf(int errorNumber) => All.GetValueOrDefault(errorNumber)?.Status ?? 400;

    public static JsonObject Body(int errorNumber, JsonObject? errorInfo = null)
    {
        var body = new JsonObject
        {
            ["errorNumber"] = errorNumber,
            ["errorMessage"] = All.GetValueOrDefault(errorNumber)?.Message ?? "Error",
        };
        if (errorInfo is not null)
        {
            body["errorInfo"] = errorInfo;
        }

        return body;
    }
}
