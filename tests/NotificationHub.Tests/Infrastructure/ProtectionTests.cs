using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Tags, delete locks and audit logs.</summary>
public sealed class ProtectionTests
{
    // Types without tags: parts of another resource, and permissions.
    private static readonly string[] Untagged =
    [
        "Microsoft.Authorization/locks",
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.Insights/diagnosticSettings",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        "Microsoft.Network/virtualNetworks/subnets",
        "Microsoft.ServiceBus/namespaces/topics",
        "Microsoft.ServiceBus/namespaces/topics/subscriptions",
        "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules",
        "Microsoft.Sql/servers/auditingSettings",
        "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies",
    ];

    [BicepFact]
    public void Every_resource_has_the_tags_of_the_deployment()
    {
        var tagged = Deployment.Prod.Resources.Where(resource => !Untagged.Contains(resource.Text("type"))).ToArray();

        tagged.Length.ShouldBeGreaterThan(30);
        tagged
            .Where(resource =>
                resource.Text("tags.application") != "NotificationHub"
                || resource.Text("tags.deployment") != "nhub-prod"
                || resource.Text("tags.team") != "mobile"
            )
            .Select(resource => resource.Text("name"))
            .ShouldBeEmpty();
    }

    [BicepFact]
    public void The_database_and_the_vault_cannot_be_deleted_by_mistake()
    {
        var locks = Deployment.Prod.OfType("Microsoft.Authorization/locks").ToArray();

        locks.ShouldAllBe(one => one.Text("properties.level") == "CanNotDelete");
        locks
            .Select(ParentOf)
            .ShouldBe(
                [
                    Deployment
                        .Prod.OfType("Microsoft.Sql/servers/databases")
                        .Single(database =>
                            database.Text("name")!.EndsWith("/notificationhub", StringComparison.Ordinal)
                        )
                        .Text("id"),
                    Deployment.Prod.One("Microsoft.KeyVault/vaults").Text("id"),
                ],
                ignoreOrder: true
            );
        locks.ShouldAllBe(one => one.Text("name") == "keep");
        BicepFiles.Read("README.md").ShouldContain("az lock delete --name keep");
    }

    [BicepFact]
    public void Changes_of_permissions_and_failed_sign_ins_are_logged()
    {
        var workspace = Deployment.Prod.One("Microsoft.OperationalInsights/workspaces").Text("id");
        var settings = Deployment.Prod.OfType("Microsoft.Insights/diagnosticSettings").ToArray();

        settings.ShouldAllBe(setting => setting.Text("properties.workspaceId") == workspace);
        settings
            .Select(setting => (Of: ParentOf(setting).Split('/')[^2], Logs: LogsOf(setting)))
            .ShouldBe(
                [
                    ("namespaces", "OperationalLogs, VNetAndIPFilteringLogs"),
                    ("databases", "SQLSecurityAuditEvents"),
                    ("vaults", "audit"),
                ],
                ignoreOrder: true
            );
        var audit = Deployment.Prod.One("Microsoft.Sql/servers/auditingSettings").At("properties");
        audit.At("isAzureMonitorTargetEnabled").GetBoolean().ShouldBeTrue();
        // Statements contain personal data.
        audit
            .Texts("auditActionsAndGroups")
            .ShouldAllBe(group =>
                group!.EndsWith("_CHANGE_GROUP", StringComparison.Ordinal)
                || group.StartsWith("FAILED_", StringComparison.Ordinal)
            );
    }

    private static string ParentOf(JsonElement extension) =>
        extension
            .Text("id")!
            .Split("/providers/Microsoft.Authorization/locks/")[0]
            .Split("/providers/Microsoft.Insights/diagnosticSettings/")[0];

    private static string LogsOf(JsonElement setting) =>
        string.Join(
            ", ",
            setting
                .At("properties.logs")
                .EnumerateArray()
                .Select(log => log.Text("category") ?? log.Text("categoryGroup"))
        );
}
