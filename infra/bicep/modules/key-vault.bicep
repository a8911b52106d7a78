// Holds the key that wraps the hub's key ring, with which the content tokens are encrypted.
param name string
param location string
param privateNetworking bool
param operatorAddresses string[]
param wrapperPrincipalId string
param appsSubnetId string
param endpointSubnetId string
param networkId string

// Key Vault Crypto Service Encryption User: wraps and unwraps. Key Vault Crypto User could also sign, decrypt and back up.
var wrapperRole = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // Whoever loses this key loses every content token.
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      // This deployment makes the key.
      bypass: 'AzureServices'
      virtualNetworkRules: privateNetworking ? [] : [{ id: appsSubnetId }]
      ipRules: privateNetworking ? [] : map(operatorAddresses, address => { value: address })
    }
  }
}

resource keyRingKey 'Microsoft.KeyVault/vaults/keys@2026-05-15' = {
  parent: vault
  name: 'key-ring'
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
  }
}

resource wrapper 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: keyRingKey
  name: guid(keyRingKey.id, wrapperPrincipalId, wrapperRole)
  properties: {
    principalId: wrapperPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', wrapperRole)
  }
}

module privateEndpoint 'private-endpoint.bicep' = if (privateNetworking) {
  params: {
    name: '${name}-endpoint'
    location: location
    targetId: vault.id
    groupId: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
    subnetId: endpointSubnetId
    networkId: networkId
  }
}

output keyRingKeyUri string = keyRingKey.properties.keyUri
