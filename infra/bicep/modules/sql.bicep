// The hub's database. It accepts Entra ID only, so there is no password.
param name string
param location string
param tags object
param administratorName string
param administratorObjectId string
param serverless bool
param vCores int
param maxSizeInGB int
param workspaceId string
param withDeleteLock bool
param zoneRedundant bool
param privateNetworking bool
param operatorAddresses string[]
param appsSubnetId string
param endpointSubnetId string
param networkId string
param linkedNetworkIds string[]

resource server 'Microsoft.Sql/servers@2025-01-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      principalType: 'Group'
      login: administratorName
      sid: administratorObjectId
      tenantId: tenant().tenantId
    }
    minimalTlsVersion: '1.2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Sql/servers/databases@2025-01-01' = {
  parent: server
  name: 'notificationhub'
  location: location
  tags: tags
  sku: {
    name: serverless ? 'GP_S_Gen5' : 'GP_Gen5'
    tier: 'GeneralPurpose'
    family: 'Gen5'
    capacity: vCores
  }
  properties: {
    // The hub queries the database several times a second, so it would never pause.
    autoPauseDelay: serverless ? -1 : null
    minCapacity: serverless ? json('0.5') : null
    maxSizeBytes: maxSizeInGB * 1073741824
    // The notification log is the only copy of Apple's notifications.
    requestedBackupStorageRedundancy: zoneRedundant ? 'GeoZone' : 'Local'
    zoneRedundant: zoneRedundant
  }
}

resource backups 'Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies@2025-01-01' = {
  parent: database
  name: 'default'
  properties: { retentionDays: 14 }
}

// Failed sign-ins and changes of permissions. Not the statements of the hub: they are many, and some contain personal data.
resource auditing 'Microsoft.Sql/servers/auditingSettings@2025-01-01' = {
  parent: server
  name: 'default'
  properties: {
    state: 'Enabled'
    isAzureMonitorTargetEnabled: true
    auditActionsAndGroups: [
      'FAILED_DATABASE_AUTHENTICATION_GROUP'
      'DATABASE_PERMISSION_CHANGE_GROUP'
      'DATABASE_PRINCIPAL_CHANGE_GROUP'
      'DATABASE_ROLE_MEMBER_CHANGE_GROUP'
    ]
  }
}

// The audit of a server writes to the diagnostic setting of its database master.
resource master 'Microsoft.Sql/servers/databases@2025-01-01' existing = {
  parent: server
  name: 'master'
}

// The version that Azure documents; the only stable one is of 2016.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: master
  name: 'audit'
  dependsOn: [database]
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'SQLSecurityAuditEvents', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (withDeleteLock) {
  scope: database
  name: 'keep'
  properties: {
    level: 'CanNotDelete'
    notes: 'The notification log is the only copy of the notifications that Apple sent.'
  }
}

resource appsRule 'Microsoft.Sql/servers/virtualNetworkRules@2025-01-01' = if (!privateNetworking) {
  parent: server
  name: 'apps'
  properties: { virtualNetworkSubnetId: appsSubnetId }
}

resource operatorRules 'Microsoft.Sql/servers/firewallRules@2025-01-01' = [
  for address in operatorAddresses: if (!privateNetworking) {
    parent: server
    name: 'operator-${replace(address, '.', '-')}'
    properties: {
      startIpAddress: address
      endIpAddress: address
    }
  }
]

module privateEndpoint 'private-endpoint.bicep' = if (privateNetworking) {
  params: {
    name: '${name}-endpoint'
    location: location
    tags: tags
    targetId: server.id
    groupId: 'sqlServer'
    zoneName: 'privatelink${environment().suffixes.sqlServerHostname}'
    subnetId: endpointSubnetId
    networkId: networkId
    linkedNetworkIds: linkedNetworkIds
  }
}

output host string = server.properties.fullyQualifiedDomainName
output databaseId string = database.id
output databaseName string = database.name
