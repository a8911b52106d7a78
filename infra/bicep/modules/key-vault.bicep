// Holds the certificate that protects the hub's key ring, which encrypts the content tokens. README.md says how to create it.
param name string
param location string
param tags object
param privateNetworking bool
param operatorAddresses string[]
param readerPrincipalId string
param workspaceId string
param withDeleteLock bool
param appsSubnetId string
param endpointSubnetId string
param networkId string
param linkedNetworkIds string[]

// Key Vault Secrets User: reads the certificate with its private key, which the vault keeps as a secret. Store nothing else in this vault.
var readerRole = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // Without the certificate, every content token is lost.
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      virtualNetworkRules: privateNetworking ? [] : [{ id: appsSubnetId }]
      ipRules: privateNetworking ? [] : map(operatorAddresses, address => { value: address })
    }
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, readerPrincipalId, readerRole)
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', readerRole)
  }
}

// Who read or changed the certificate.
// The version that Azure documents; the only stable one is of 2016.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (withDeleteLock) {
  scope: vault
  name: 'keep'
  properties: { level: 'CanNotDelete', notes: 'Without the certificate, every content token is lost.' }
}

module privateEndpoint 'private-endpoint.bicep' = if (privateNetworking) {
  params: {
    name: '${name}-endpoint'
    location: location
    tags: tags
    targetId: vault.id
    groupId: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
    subnetId: endpointSubnetId
    networkId: networkId
    linkedNetworkIds: linkedNetworkIds
  }
}

output keyRingCertificate string = '${vault.properties.vaultUri}certificates/key-ring'
