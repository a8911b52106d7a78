// The alerts that notify the on-call engineer.
param name string
param location string
param tags object
param emails string[]
param phones { countryCode: string, phoneNumber: string }[]
param webhooks string[]
param urgentActionGroupIds string[]
param silenceWindow string
param workspaceId string
param dailyLogCapInGB int
param applicationInsightsId string
param databaseId string
param serviceBusId string
param topicSizeInMegabytes int
param containerAppId string
param minReplicas int
param publicUrl string

// The names of the hub's instruments.
var metrics = loadJsonContent('../metrics.json')

// At the daily cap, Log Analytics drops metrics as well. Without this condition, their absence would raise false alerts until the cap is reset.
var whileCapped = 'let capped = toscalar(_LogOperation | where TimeGenerated > ago(1d) | where Detail has "OverQuota" | count);'
var silence = { PT6H: '6h', P1D: '1d', P2D: '2d' }[silenceWindow]

type queryAlert = {
  name: string
  description: string
  severity: int
  frequency: string
  window: string
  @description('The time that the query reads; by default, the window.')
  range: string?
  query: string
  operator: 'GreaterThan' | 'LessThan'
  threshold: int
}

type metricAlert = {
  name: string
  description: string
  severity: int
  scope: string
  namespace: string
  metric: string
  aggregation: 'Average' | 'Maximum' | 'Total'
  operator: 'GreaterThan' | 'LessThan'?
  threshold: int
  window: string?
  dimensions: { name: string, values: string[] }[]
}

// Each query returns a Value for each Subject.
var queryAlerts queryAlert[] = [
  {
    name: 'topic-delayed'
    description: 'Events of a topic have been waiting for more than five minutes.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    // Every replica reads this gauge from the database, so it also reports if no replica publishes.
    query: 'AppMetrics | where Name == "${metrics.oldestPendingAge}" | where tostring(Properties.stage) startswith "publishing:" | summarize arg_max(TimeGenerated, Sum) by Subject = substring(tostring(Properties.stage), 11) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 300
  }
  {
    name: 'no-metrics'
    description: 'No replica has reported metrics for 15 minutes: the hub is down or hangs, or its telemetry does not arrive.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    range: 'P2D'
    query: '${whileCapped} AppMetrics | where TimeGenerated > ago(15m) | where Name == "${metrics.oldestUnsentAge}" | summarize Value = count() + capped | extend Subject = "hub"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'stage-stalled'
    description: 'Work is pending for a stage, and the stage has made no progress for five minutes.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.stalled}" | where tostring(Properties.stage) !startswith "publishing:" and tostring(Properties.stage) !startswith "relay:" | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.stage) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'dead-lettered'
    description: 'A topic rejected events, and the hub has set them aside as dead letters.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.deadLettered}" | summarize Value = sum(Sum) by Subject = tostring(Properties.topic)'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'relay-delayed'
    description: 'A notification has been waiting for a relay target, such as the MDM, for more than 15 minutes.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    // Every replica reads this gauge from the database, so it also reports if no replica relays.
    query: 'AppMetrics | where Name == "${metrics.oldestPendingAge}" | where tostring(Properties.stage) startswith "relay:" | summarize arg_max(TimeGenerated, Sum) by Subject = substring(tostring(Properties.stage), 6) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 900
  }
  {
    name: 'relay-waiting'
    description: 'A notification has been waiting for a relay target for 12 hours: the target is stopped, or does not accept it.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    // Unlike relay-delayed, this gauge covers stopped targets.
    query: 'AppMetrics | where Name == "${metrics.relayOldestAge}" | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.target) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 43200
  }
  {
    name: 'relay-set-aside'
    description: 'A relay target rejected notifications or did not accept them for a day, and the hub has set them aside.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.relaySetAside}" | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.target) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'location-states'
    description: 'The hub reads nothing from Apple for a location: Apple rejects its content token, or another MDM took it over.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.locations}" | where tostring(Properties.state) in ("expired", "revoked", "invalid", "taken-over") | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.state) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'no-deliveries'
    description: 'The hub has stored no delivery for an unusually long time.'
    severity: 2
    frequency: 'PT1H'
    window: silenceWindow
    range: 'P2D'
    query: '${whileCapped} AppMetrics | where TimeGenerated > ago(${silence}) | where Name == "${metrics.deliveries}" | where tostring(Properties.outcome) == "stored" | summarize Value = count() + capped | extend Subject = "hub"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'invalid-credentials'
    description: 'Many requests to the admin API or the feed presented an invalid key or token.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.invalidCredentials}" | summarize Value = sum(Sum) by Subject = tostring(Properties.api)'
    operator: 'GreaterThan'
    threshold: 10
  }
  {
    name: 'log-volume'
    description: 'Log Analytics has stored 80 % of its daily cap within a day. At the cap it drops logs and metrics.'
    severity: 2
    frequency: 'PT1H'
    window: 'P1D'
    query: 'Usage | where IsBillable | summarize Value = sum(Quantity) | extend Subject = "workspace"'
    operator: 'GreaterThan'
    // In MB.
    threshold: dailyLogCapInGB * 800
  }
  {
    name: 'log-cap'
    description: 'Log Analytics has reached its daily cap and drops logs and metrics: alerts that query them raise nothing until the cap is reset.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: '_LogOperation | where Detail has "OverQuota" | summarize Value = count() | extend Subject = "workspace"'
    operator: 'GreaterThan'
    threshold: 0
  }
]

var metricAlerts metricAlert[] = [
  {
    name: 'responses-5xx'
    description: 'A request got a 5xx response. If it was a delivery, Apple makes three attempts within minutes, then never again.'
    severity: 0
    scope: containerAppId
    namespace: 'Microsoft.App/containerapps'
    metric: 'Requests'
    aggregation: 'Total'
    // A single response is enough: three lost deliveries cause only nine responses.
    threshold: 0
    dimensions: [{ name: 'statusCodeCategory', values: ['5xx'] }]
  }
  {
    name: 'consumer-dead-letters'
    description: 'A subscription has dead letters: its consumer failed on them, or did not receive them in time.'
    severity: 2
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'DeadletteredMessages'
    aggregation: 'Average'
    threshold: 0
    dimensions: [{ name: 'EntityName', values: ['*'] }]
  }
  {
    name: 'dead-letters-growing'
    description: 'The subscriptions of a topic have more than 1,000 dead letters, which never expire and fill the topic.'
    severity: 1
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'DeadletteredMessages'
    aggregation: 'Average'
    threshold: 1000
    dimensions: [{ name: 'EntityName', values: ['*'] }]
  }
  {
    name: 'topic-size'
    description: 'A topic is 80 % full. A full topic rejects events for all its subscriptions.'
    severity: 1
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'Size'
    aggregation: 'Maximum'
    threshold: topicSizeInMegabytes * 1048576 / 10 * 8
    dimensions: [{ name: 'EntityName', values: ['*'] }]
  }
  {
    name: 'few-replicas'
    description: 'Fewer replicas run than minReplicas.'
    severity: 1
    scope: containerAppId
    namespace: 'Microsoft.App/containerapps'
    metric: 'Replicas'
    aggregation: 'Maximum'
    operator: 'LessThan'
    threshold: minReplicas
    window: 'PT15M'
    dimensions: []
  }
  {
    name: 'sql-storage'
    description: 'The database is 80 % full. A full database stores no delivery.'
    severity: 1
    scope: databaseId
    namespace: 'Microsoft.Sql/servers/databases'
    metric: 'storage_percent'
    aggregation: 'Maximum'
    threshold: 80
    dimensions: []
  }
  {
    name: 'sql-log-writes'
    description: 'The database writes its transaction log at more than 90 % of its limit, so commits are slow.'
    severity: 2
    scope: databaseId
    namespace: 'Microsoft.Sql/servers/databases'
    metric: 'log_write_percent'
    aggregation: 'Average'
    threshold: 90
    window: 'PT15M'
    dimensions: []
  }
]

var emailReceivers = map(range(0, length(emails)), index => {
  name: 'on-call-${index}'
  emailAddress: emails[index]
  useCommonAlertSchema: true
})

// Severity 0 and 1: deliveries or events are at risk now.
resource urgentGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-urgent'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take('${take(replace(name, '-', ''), 10)}-!', 12)
    enabled: true
    emailReceivers: emailReceivers
    smsReceivers: map(range(0, length(phones)), index => {
      name: 'on-call-${index}'
      countryCode: phones[index].countryCode
      phoneNumber: phones[index].phoneNumber
    })
    webhookReceivers: map(range(0, length(webhooks)), index => {
      name: 'on-call-${index}'
      serviceUri: webhooks[index]
      useCommonAlertSchema: true
    })
  }
}

// Severity 2: can wait for office hours.
resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-on-call'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(replace(name, '-', ''), 12)
    enabled: true
    emailReceivers: emailReceivers
  }
}

var urgentGroupIds = concat([urgentGroup.id], urgentActionGroupIds)
var urgentActions = map(urgentGroupIds, id => { actionGroupId: id })

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in queryAlerts: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${name}: ${alert.name}'
      description: '${alert.description} See docs/runbook.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      // The metric does not exist before the first deployment of the hub.
      skipQueryValidation: true
      overrideQueryTimeRange: alert.?range
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'Value'
            dimensions: [{ name: 'Subject', operator: 'Include', values: ['*'] }]
            operator: alert.operator
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: alert.severity <= 1 ? urgentGroupIds : [actionGroup.id] }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in metricAlerts: {
    name: '${name}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.description} See docs/runbook.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT1M'
      windowSize: alert.?window ?? 'PT5M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: alert.?operator ?? 'GreaterThan'
            threshold: alert.threshold
            dimensions: map(alert.dimensions, dimension => {
              name: dimension.name
              operator: 'Include'
              values: dimension.values
            })
            skipMetricValidation: true
          }
        ]
      }
      actions: alert.severity <= 1 ? urgentActions : [{ actionGroupId: actionGroup.id }]
    }
  }
]

// Requests the hub from outside, as Apple does. The ingress passes the request on to ready replicas only, so it fails if none is ready.
resource webTest 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-outside'
  location: location
  // Azure finds the component of a test by this tag.
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-outside'
    Name: '${name}-outside'
    Enabled: true
    Kind: 'standard'
    // From each location. Together, they send a request each minute.
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [
      { Id: 'emea-nl-ams-azr' }
      { Id: 'emea-gb-db3-azr' }
      { Id: 'us-va-ash-azr' }
      { Id: 'us-ca-sjc-azr' }
      { Id: 'apac-sg-sin-azr' }
    ]
    Request: {
      RequestUrl: '${publicUrl}/health/live'
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource unreachable 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-unreachable'
  location: 'global'
  tags: tags
  properties: {
    description: 'The hub does not respond to requests from outside, or its certificate expires within 14 days. See docs/runbook.md#unreachable'
    severity: 0
    enabled: true
    scopes: [webTest.id, applicationInsightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: webTest.id
      componentId: applicationInsightsId
      failedLocationCount: 2
    }
    actions: urgentActions
  }
}
