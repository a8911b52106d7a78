// A subnet for Container Apps, one for private endpoints, and one for a machine of the operators.
param name string
param location string
param tags object
param addressPrefix string
param privateNetworking bool
param withOperatorSubnet bool

// Without private endpoints, service endpoints restrict the database and the vault to this subnet.
var serviceEndpoints = privateNetworking ? [] : [{ service: 'Microsoft.Sql' }, { service: 'Microsoft.KeyVault' }]

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    // Neither subnets nor peerings here: a list would remove the ones that others have added.
  }
}

// Azure rejects concurrent changes of a network, so each subnet waits for the one before.
resource appsSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' = {
  parent: network
  name: 'apps'
  properties: {
    addressPrefix: cidrSubnet(addressPrefix, 23, 0)
    serviceEndpoints: serviceEndpoints
    delegations: [
      {
        name: 'container-apps'
        properties: { serviceName: 'Microsoft.App/environments' }
      }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' = {
  parent: network
  name: 'endpoints'
  dependsOn: [appsSubnet]
  properties: {
    addressPrefix: cidrSubnet(addressPrefix, 26, 8)
  }
}

resource operatorSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' = if (withOperatorSubnet) {
  parent: network
  name: 'operators'
  dependsOn: [endpointSubnet]
  properties: {
    addressPrefix: cidrSubnet(addressPrefix, 26, 9)
    // A machine in it signs in to Entra ID.
    defaultOutboundAccess: true
  }
}

output networkId string = network.id
output appsSubnetId string = appsSubnet.id
output endpointSubnetId string = endpointSubnet.id
