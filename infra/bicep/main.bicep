targetScope = 'resourceGroup'

@description('What the names of all resources begin with, such as nhub-prod: lower case letters, digits and hyphens.')
@minLength(3)
@maxLength(20)
param name string

param location string = resourceGroup().location

@description('false makes everything but the hub, so that the database can let its identity in before it starts.')
param withHub bool = true

@description('The image of the hub with its tag or digest.')
param image string

@description('The Azure Container Registry that holds the image; empty where anybody may pull it.')
param registryName string = ''

@description('Where that registry is.')
param registryResourceGroup string = resourceGroup().name

@description('The Microsoft Entra group whose members administer the database. A group, so that nobody who leaves locks it.')
param sqlAdministratorName string

@description('The object id of that group.')
param sqlAdministratorObjectId string

@description('Serverless bills by the second and suits a hub with quiet hours; provisioned suits a busy one.')
param sqlServerless bool

@minValue(1)
param sqlVCores int

@description('What the database may grow to, which is what its storage is paid for.')
@minValue(1)
param sqlMaxSizeInGB int = 32

@description('Standard takes about 1,000 operations a second; Premium more, and it alone can be reached privately.')
@allowed(['Standard', 'Premium'])
param serviceBusTier string

@description('No replica is the last one: posts are taken while another is being replaced.')
@minValue(2)
param minReplicas int

@minValue(2)
param maxReplicas int

@description('Spreads what can be spread over the zones of the region.')
param zoneRedundant bool

@description('Reaches the database, the vault and a Premium namespace over private endpoints, and closes their public doors.')
param privateNetworking bool

@description('A range of /22 or wider that nothing else uses where the network is peered.')
param networkAddressPrefix string = '10.64.0.0/22'

@description('Single public addresses from which people reach the database and the vault; without effect in private networking.')
param operatorAddresses string[] = []

@description('Who is told of alerts.')
param alertEmails string[]

@description('How long no post at all is likely to be a fault.')
@allowed(['PT6H', 'P1D', 'P2D'])
param silenceWindow string = 'P1D'

@description('The application whose tokens open the admin API; empty: the admin API is not served.')
param adminAudience string = ''

@description('A host of your own that leads to the hub; empty for the one that Azure gives.')
param customDomain string = ''

@description('The id of the certificate of that host, in the Container Apps environment.')
param customDomainCertificateId string = ''

@description('Other settings of the hub by their name, such as Refetch__RequestsPerSecond.')
param settings object = {}

var suffix = uniqueString(resourceGroup().id)
var registryServer = empty(registryName) ? '' : '${registryName}${environment().suffixes.acrLoginServer}'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-hub'
  location: location
}

module network 'modules/network.bicep' = {
  params: {
    name: '${name}-network'
    location: location
    addressPrefix: networkAddressPrefix
    privateNetworking: privateNetworking
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: name
    location: location
    publisherPrincipalId: identity.properties.principalId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  params: {
    name: '${name}-bus-${suffix}'
    location: location
    tier: serviceBusTier
    privateNetworking: privateNetworking
    senderPrincipalId: identity.properties.principalId
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
  }
}

module sql 'modules/sql.bicep' = {
  params: {
    name: '${name}-sql-${suffix}'
    location: location
    administratorName: sqlAdministratorName
    administratorObjectId: sqlAdministratorObjectId
    serverless: sqlServerless
    vCores: sqlVCores
    maxSizeInGB: sqlMaxSizeInGB
    zoneRedundant: zoneRedundant
    privateNetworking: privateNetworking
    operatorAddresses: operatorAddresses
    appsSubnetId: network.outputs.appsSubnetId
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  params: {
    // A vault's name has 24 characters at most.
    name: 'kv-${suffix}'
    location: location
    privateNetworking: privateNetworking
    operatorAddresses: operatorAddresses
    readerPrincipalId: identity.properties.principalId
    appsSubnetId: network.outputs.appsSubnetId
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
  }
}

module registryAccess 'modules/registry-access.bicep' = if (!empty(registryName)) {
  scope: resourceGroup(registryResourceGroup)
  params: {
    registryName: registryName
    pullerPrincipalId: identity.properties.principalId
  }
}

module containerEnvironment 'modules/container-environment.bicep' = {
  params: {
    name: '${name}-apps'
    location: location
    zoneRedundant: zoneRedundant
    subnetId: network.outputs.appsSubnetId
    workspaceName: monitoring.outputs.workspaceName
  }
}

module containerApp 'modules/container-app.bicep' = if (withHub) {
  // A revision that cannot pull its image would not start.
  dependsOn: [registryAccess]
  params: {
    name: '${name}-hub'
    location: location
    image: image
    registryServer: registryServer
    identityId: identity.id
    identityClientId: identity.properties.clientId
    environmentName: containerEnvironment.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    customDomain: customDomain
    customDomainCertificateId: customDomainCertificateId
    sqlServerHost: sql.outputs.host
    databaseName: sql.outputs.databaseName
    serviceBusHost: serviceBus.outputs.host
    keyRingCertificate: keyVault.outputs.keyRingCertificate
    adminAudience: adminAudience
    settings: settings
  }
}

module alerts 'modules/alerts.bicep' = if (withHub) {
  params: {
    name: name
    location: location
    emails: alertEmails
    silenceWindow: silenceWindow
    workspaceId: monitoring.outputs.workspaceId
    serviceBusId: serviceBus.outputs.id
    // Azure works out what is asked of a module also where that is not deployed.
    containerAppId: withHub ? containerApp!.outputs.id : ''
  }
}

@description('Where Apple and consumers reach the hub; empty without it.')
output publicUrl string = withHub ? containerApp!.outputs.publicUrl : ''

@description('The user to let into the database.')
output identityName string = identity.name

output sqlServerHost string = sql.outputs.host

output databaseName string = sql.outputs.databaseName

output serviceBusHost string = serviceBus.outputs.host

@description('The certificate that protects the key ring of the content tokens.')
output keyRingCertificate string = keyVault.outputs.keyRingCertificate
