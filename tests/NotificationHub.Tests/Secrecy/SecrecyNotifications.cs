namespace NotificationHub.Tests.Secrecy;

/// <summary>Notifications that contain personal data.</summary>
internal static class SecrecyNotifications
{
    public static string Associated(string uId) =>
        $$$"""
            {"notificationId":"n-1","notificationType":"USER_ASSOCIATED","uId":"{{{uId}}}","notification":
            {"associatedUsers":[{"clientUserId":"{{{SecrecyScene.UserId}}}","inviteCode":"{{{SecrecyScene.InviteCode}}}","status":"Associated"}]}}
            """;

    public static string Managed(string uId, string eventId) =>
        $$$"""
            {"notificationId":"n-2","notificationType":"ASSET_MANAGEMENT","uId":"{{{uId}}}","notification":
            {"type":"ASSOCIATE","result":"SUCCESS","eventId":"{{{eventId}}}","assignments":[
            {"adamId":"{{{SecrecyScene.AdamId}}}","pricingParam":"STDQ","serialNumber":"{{{SecrecyScene.SerialNumber}}}"}]}}
            """;
}
