// The topics, subscriptions and rules of topics.json, which routing and the simulator read as well.
param name string
param location string
param tags object

@allowed(['Standard', 'Premium'])
param tier string

param topicSizeInMegabytes int
param privateNetworking bool
param hubPrincipalId string
param withDeadLetterAccess bool
param workspaceId string
param endpointSubnetId string
param networkId string
param linkedNetworkIds string[]

var topology = loadJsonContent('../topics.json')
var topicNames = map(topology.topics, topic => topic.name)
var subscriptions = flatten(map(
  topology.topics,
  topic =>
    map(topic.subscriptions, subscription => {
      topic: topic.name
      name: subscription.name
      requiresSession: subscription.requiresSession
      // A rule replaces the common rule with the same name.
      rules: any(subscription).?rules ?? {}
    })
))
// $Default comes last. Service Bus removes the rule of this name when the first other rule is created.
var rules = flatten(map(
  range(0, length(subscriptions)),
  index =>
    map(
      sort(items(shallowMerge([topology.rules, subscriptions[index].rules])), (one, other) => one.key > other.key),
      rule => {
        subscriptionIndex: index
        name: rule.key
        sql: replace(rule.value.?sql ?? '', '{subscription}', subscriptions[index].name)
        correlation: mapValues(
          rule.value.?correlation ?? {},
          value => replace(value, '{subscription}', subscriptions[index].name)
        )
      }
    )
))

// Only Premium supports private endpoints; Entra ID alone protects a Standard namespace.
var isPremium = tier == 'Premium'
var isPrivate = isPremium && privateNetworking

// Azure Service Bus Data Sender
var senderRole = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
// Azure Service Bus Data Receiver
var receiverRole = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: isPremium ? { name: tier, tier: tier, capacity: 1 } : { name: tier, tier: tier }
  properties: {
    // No shared access keys: nothing to leak, nothing to rotate.
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    premiumMessagingPartitions: isPremium ? 1 : 0
  }
}

// Service Bus rejects concurrent changes, so the following are made one at a time.
@batchSize(1)
resource topics 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for topicName in topicNames: {
    parent: namespace
    name: topicName
    properties: {
      // Fixed when the topic is created. Drops the messages that a publisher sends again after a crash.
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: topology.duplicateDetectionWindow
      defaultMessageTimeToLive: topology.defaultMessageTimeToLive
      supportOrdering: true
      maxSizeInMegabytes: topicSizeInMegabytes
    }
  }
]

@batchSize(1)
resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for subscription in subscriptions: {
    parent: topics[indexOf(topicNames, subscription.topic)]
    name: subscription.name
    properties: {
      requiresSession: subscription.requiresSession
      lockDuration: topology.lockDuration
      maxDeliveryCount: topology.maxDeliveryCount
      defaultMessageTimeToLive: topology.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: topology.deadLetteringOnMessageExpiration
    }
  }
]

// A new subscription has a rule $Default for all messages. One of the declared rules has this name and replaces it: no subscription can have a
// rule for all messages, whether Service Bus removes the original or not.
@batchSize(1)
resource subscriptionRules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2026-01-01' = [
  for rule in rules: {
    parent: topicSubscriptions[rule.subscriptionIndex]
    name: rule.name
    properties: empty(rule.sql)
      ? { filterType: 'CorrelationFilter', correlationFilter: { properties: rule.correlation } }
      : { filterType: 'SqlFilter', sqlFilter: { sqlExpression: rule.sql } }
  }
]

resource senders 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for index in range(0, length(topicNames)): {
    scope: topics[index]
    name: guid(topics[index].id, hubPrincipalId, senderRole)
    properties: {
      principalId: hubPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', senderRole)
    }
  }
]

resource receivers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for index in range(0, withDeadLetterAccess ? length(subscriptions) : 0): {
    scope: topicSubscriptions[index]
    name: guid(topicSubscriptions[index].id, hubPrincipalId, receiverRole)
    properties: {
      principalId: hubPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', receiverRole)
    }
  }
]

// Who changed topics, subscriptions and rules, and which connections the network rejected.
// The version that Azure documents; the only stable one is of 2016.
#disable-next-line use-recent-api-versions
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'OperationalLogs', enabled: true }, { category: 'VNetAndIPFilteringLogs', enabled: true }]
  }
}

module privateEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: '${name}-endpoint'
    location: location
    tags: tags
    targetId: namespace.id
    groupId: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
    subnetId: endpointSubnetId
    networkId: networkId
    linkedNetworkIds: linkedNetworkIds
  }
}

output id string = namespace.id
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
