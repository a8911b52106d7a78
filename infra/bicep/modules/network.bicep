// A subnet for Container Apps and one for private endpoints.
param name string
param location string
param addressPrefix string
param privateNetworking bool

var appsSubnetName = 'apps'
var endpointSubnetName = 'endpoints'

// Without private endpoints, service endpoints restrict the database and the vault to this subnet.
var serviceEndpoints = privateNetworking ? [] : [{ service: 'Microsoft.Sql' }, { service: 'Microsoft.KeyVault' }]

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    // Inline, because a deployment of the network removes subnets that are separate resources.
    subnets: [
      {
        name: appsSubnetName
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
      {
        name: endpointSubnetName
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 8)
        }
      }
    ]
  }
}

resource appsSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' existing = {
  parent: network
  name: appsSubnetName
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' existing = {
  parent: network
  name: endpointSubnetName
}

output networkId string = network.id
output appsSubnetId string = appsSubnet.id
output endpointSubnetId string = endpointSubnet.id
