using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple;

/// <summary>The error numbers of Apple that the simulator returns, with HTTP status and our own wording.</summary>
internal static class AppleErrors
{
    public const int InvalidArgument = 9602;
    public const int InternalError = 9603;
    public const int UserNotFound = 9609;
    public const int TokenExpired = 9621;
    public const int TokenInvalid = 9622;
    public const int TokenRevoked = 9625;
    public const int TooManyRequests = 9646;
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
    public const int CannotDisableSubscriptions = 9818;

    public static IReadOnlyDictionary<int, string> Messages { get; } =
        new SortedDictionary<int, string>
        {
            [InvalidArgument] = "Invalid argument",
            [InternalError] = "Internal error",
            [UserNotFound] = "Registered user not found",
            [TokenExpired] = "The content token has expired",
            [TokenInvalid] = "Invalid authentication token",
            [TokenRevoked] = "The content token was revoked",
            [TooManyRequests] = "Too many requests for the organization",
            [PageIndexOutOfRange] = "The page index must be within the available pages",
            [TooManyAssets] = "Too many assets",
            [TooManyClientUserIds] = "Too many client user ids",
            [TooManySerialNumbers] = "Too many serial numbers",
            [DuplicateAssets] = "Duplicate assets",
            [DuplicateClientUserIds] = "Duplicate client user ids",
            [DuplicateSerialNumbers] = "Duplicate serial numbers",
            [NotRevocable] = "The asset cannot be revoked",
            [NotDeviceAssignable] = "The asset cannot be assigned to devices",
            [EventNotFound] = "Event not found",
            [NotEnoughAssets] = "Not enough assets available",
            [NotificationPairMissing] = "Notification URL and token must be given together",
            [NotificationTooLong] = "Notification URL or token too long",
            [NotificationUrlNotHttps] = "The notification URL must be a valid https URL",
            [MdmMetadataTooLong] = "MDM metadata too long",
            [TooManyUsers] = "Too many users",
            [DuplicateUsers] = "Duplicate users",
            [ExistingUser] = "The user already exists",
            [BadEmail] = "Invalid e-mail address",
            [AssetsMissing] = "Assets are required",
            [TargetsMissing] = "Client user ids or serial numbers are required",
            [UsersMissing] = "Users are required",
            [InvalidVersion] = "Invalid version id",
            [AuthorizationMalformed] = "The Authorization header must be in the form Bearer {sToken}",
            [MdmInfoIncomplete] = "MDM id, name and metadata must be given together",
            [MdmIdTooLong] = "MDM id too long",
            [MdmNameTooLong] = "MDM name too long",
            [WrongMethod] = "Method not allowed",
            [WrongContentType] = "Unsupported content type",
            [NotificationUrlUnreachable] = "The notification URL could not be reached",
            [TemporarilyUnavailable] = "The service is temporarily unavailable",
            [BadSubscriptionAssociation] = "Invalid subscription association",
            [InvalidCursor] = "Invalid cursor",
            [BadAdamId] = "Invalid adam id",
            [NoAssociatedUser] = "No associated user",
            [UserLacksSubscription] = "The user does not have this subscription",
            [OverSubscriptionLimit] = "Over the subscription limit",
            [CannotDisableSubscriptions] = "Subscription management cannot be disabled",
        };

    public static int StatusOf(int errorNumber) =>
        errorNumber switch
        {
            TokenInvalid => 200,
            TokenExpired or TokenRevoked or AuthorizationMalformed => 401,
            WrongMethod => 405,
            WrongContentType => 415,
            TooManyRequests => 429,
            InternalError => 500,
            TemporarilyUnavailable => 503,
            _ => 400,
        };

    public static JsonObject Body(int errorNumber, JsonObject? errorInfo = null)
    {
        var body = new JsonObject
        {
            ["errorNumber"] = errorNumber,
            ["errorMessage"] = Messages.GetValueOrDefault(errorNumber, "Error"),
        };
        if (errorInfo is not null)
        {
            body["errorInfo"] = errorInfo;
        }

        return body;
    }
}
