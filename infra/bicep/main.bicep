targetScope = 'resourceGroup'

@description('The prefix of all resource names, such as nhub-prod: lower case letters, digits and hyphens.')
@minLength(3)
@maxLength(20)
param name string

param location string = resourceGroup().location

@description('If false, everything but the hub is deployed, so that you can grant its identity access to the database first. A hub that is already deployed is not changed.')
param withHub bool = true

@description('The image of the hub with its tag or digest.')
param image string

@description('The resource ID of the Azure Container Registry of the image; empty for a public image. It contains the subscription and the resource group of the registry.')
param registryId string = ''

@description('The Microsoft Entra group whose members administer the database. Use a group, so that access does not depend on one person.')
param sqlAdministratorName string

@description('The object ID of that group.')
param sqlAdministratorObjectId string

@description('Serverless bills by the second and suits a hub with quiet hours; provisioned suits a busy one.')
param sqlServerless bool

@minValue(1)
param sqlVCores int

@description('The maximum size of the database, which determines the price of its storage.')
@minValue(1)
param sqlMaxSizeInGB int = 32

@description('Standard allows about 1,000 operations a second. Premium allows more, and only Premium supports private endpoints.')
@allowed(['Standard', 'Premium'])
param serviceBusTier string

@description('At least two, so that the hub receives deliveries while a replica is being replaced.')
@minValue(2)
param minReplicas int

@minValue(2)
param maxReplicas int

@description('Distributes replicas, database and namespace over the availability zones of the region.')
param zoneRedundant bool

@description('Uses private endpoints for the database, the vault and a Premium namespace, and disables their public access.')
param privateNetworking bool

@description('A range of /22 or wider that no peered network uses.')
param networkAddressPrefix string = '10.64.0.0/22'

@description('A subnet for a machine from which operators reach the database and the vault.')
param withOperatorSubnet bool = privateNetworking

@description('The IDs of other networks in which the names of the private endpoints resolve: the networks of operators and consumers. Peer them with the network of the hub, too.')
param linkedNetworkIds string[] = []

@description('Public IP addresses of operators, which may reach the database and the vault. Without effect in private networking.')
param operatorAddresses string[] = []

@description('The email addresses that receive all alerts.')
param alertEmails string[]

@description('The phones that receive urgent alerts (severity 0 and 1) as text messages.')
param alertPhones { countryCode: string, phoneNumber: string }[] = []

@description('The URLs that receive urgent alerts in the common alert schema. If a URL contains a secret, create an action group with it yourself, and use urgentActionGroupIds.')
param alertWebhooks string[] = []

@description('The IDs of existing action groups that receive urgent alerts.')
param urgentActionGroupIds string[] = []

@description('The time without a stored delivery after which an alert is raised.')
@allowed(['PT6H', 'P1D', 'P2D'])
param silenceWindow string = 'P1D'

@description('The share of traces that is recorded, between 0 and 1. Metrics and log lines are always complete.')
param traceShare string = '0.1'

@description('The daily cap of Log Analytics: far more than a hub writes. It limits the costs of a flood of logs.')
@minValue(1)
param dailyLogCapInGB int = 5

@description('The Entra ID application whose tokens grant access to the admin API; if empty, Entra ID grants none.')
param adminAudience string = ''

@description('The address ranges of operators, such as 203.0.113.7/32, that reach the console and the admin API over TLS; empty for none. The settings must contain a key of an administrator.')
param consoleAddresses string[] = []

@description('A host name of your own for the hub; empty for the one that Azure assigns. Create its DNS records before the hub is deployed.')
param customDomain string = ''

@description('The ID of your certificate of that host name, in the Container Apps environment; if empty, Azure creates and renews one.')
param customDomainCertificateId string = ''

@description('Gives the hub the role Azure Service Bus Data Receiver on each subscription, so that it can list, resend and discard the dead letters of consumers, and doctor can check the rules. The role also permits receiving messages.')
param withDeadLetterAccess bool = false

@description('Protects the database and the vault against deletion. Not the namespace: the lock would keep subscriptions that are no longer declared.')
param withDeleteLocks bool = true

@description('The tags of all resources.')
param tags { *: string } = {}

@description('Other settings of the hub by name, such as Refetch__RequestsPerSecond.')
param settings object = {}

var suffix = uniqueString(resourceGroup().id)
var allTags = union({ application: 'NotificationHub', deployment: name }, tags)
// The maximum of each tier. A full topic accepts no more events for any subscription.
var topicSizeInMegabytes = serviceBusTier == 'Premium' ? 81920 : 5120
// /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerRegistry/registries/NAME. Azure evaluates the scope of a module even if
// it is not deployed.
var registryParts = split(empty(registryId) ? resourceGroup().id : registryId, '/')
// Not derived from the name of the registry: the server's name can contain a suffix.
var registryServer = empty(registryId) ? '' : split(image, '/')[0]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-hub'
  location: location
  tags: allTags
}

module network 'modules/network.bicep' = {
  params: {
    name: '${name}-network'
    location: location
    tags: allTags
    addressPrefix: networkAddressPrefix
    privateNetworking: privateNetworking
    withOperatorSubnet: withOperatorSubnet
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: name
    location: location
    tags: allTags
    publisherPrincipalId: identity.properties.principalId
    dailyLogCapInGB: dailyLogCapInGB
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  params: {
    name: '${name}-bus-${suffix}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    tier: serviceBusTier
    topicSizeInMegabytes: topicSizeInMegabytes
    privateNetworking: privateNetworking
    hubPrincipalId: identity.properties.principalId
    withDeadLetterAccess: withDeadLetterAccess
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    linkedNetworkIds: linkedNetworkIds
  }
}

module sql 'modules/sql.bicep' = {
  params: {
    name: '${name}-sql-${suffix}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    withDeleteLock: withDeleteLocks
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
    linkedNetworkIds: linkedNetworkIds
  }
}

module keyVault 'modules/key-vault.bicep' = {
  params: {
    // A vault's name has at most 24 characters.
    name: 'kv-${suffix}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    withDeleteLock: withDeleteLocks
    privateNetworking: privateNetworking
    operatorAddresses: operatorAddresses
    readerPrincipalId: identity.properties.principalId
    appsSubnetId: network.outputs.appsSubnetId
    endpointSubnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    linkedNetworkIds: linkedNetworkIds
  }
}

module registryAccess 'modules/registry-access.bicep' = if (!empty(registryId)) {
  scope: resourceGroup(registryParts[2], registryParts[4])
  params: {
    registryName: last(registryParts)
    pullerPrincipalId: identity.properties.principalId
  }
}

module containerEnvironment 'modules/container-environment.bicep' = {
  params: {
    name: '${name}-apps'
    location: location
    tags: allTags
    zoneRedundant: zoneRedundant
    subnetId: network.outputs.appsSubnetId
    workspaceName: monitoring.outputs.workspaceName
  }
}

module containerApp 'modules/container-app.bicep' = {
  // Without permission to pull the image, the revision would not start.
  dependsOn: [registryAccess]
  params: {
    name: '${name}-hub'
    jobName: '${name}-command'
    withHub: withHub
    location: location
    tags: allTags
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
    traceShare: traceShare
    adminAudience: adminAudience
    settings: settings
    consoleAddresses: consoleAddresses
  }
}

module alerts 'modules/alerts.bicep' = if (withHub) {
  params: {
    name: name
    location: location
    tags: allTags
    emails: alertEmails
    phones: alertPhones
    webhooks: alertWebhooks
    urgentActionGroupIds: urgentActionGroupIds
    silenceWindow: silenceWindow
    workspaceId: monitoring.outputs.workspaceId
    dailyLogCapInGB: dailyLogCapInGB
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    databaseId: sql.outputs.databaseId
    serviceBusId: serviceBus.outputs.id
    topicSizeInMegabytes: topicSizeInMegabytes
    containerAppId: containerApp.outputs.id
    minReplicas: minReplicas
    publicUrl: containerApp.outputs.publicUrl
  }
}

@description('The public URL of the hub; empty if the hub is not deployed.')
output publicUrl string = withHub ? containerApp.outputs.publicUrl : ''

@description('The console; empty without consoleAddresses.')
output consoleUrl string = withHub ? containerApp.outputs.consoleUrl : ''

@description('The database user to create for the hub.')
output identityName string = identity.name

@description('The host name to which the DNS record (CNAME) of a custom domain points.')
output defaultHost string = containerApp.outputs.defaultHost

@description('The value of the TXT record asuid.DOMAIN, which proves that a custom domain is yours.')
output domainVerificationId string = containerApp.outputs.domainVerificationId

output sqlServerHost string = sql.outputs.host

output databaseName string = sql.outputs.databaseName

output serviceBusHost string = serviceBus.outputs.host

@description('The certificate that protects the key ring of the content tokens.')
output keyRingCertificate string = keyVault.outputs.keyRingCertificate
