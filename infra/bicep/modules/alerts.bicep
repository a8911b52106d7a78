// The alerts that notify the on-call engineer.
param name string
param location string
param emails string[]
param silenceWindow string
param workspaceId string
param serviceBusId string
param topicSizeInMegabytes int
param containerAppId string

// The names of the hub's instruments.
var metrics = loadJsonContent('../metrics.json')

// Each query returns a Value for each Subject.
var queryAlerts = [
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
    query: 'AppMetrics | where Name == "${metrics.oldestUnsentAge}" | summarize Value = count() | extend Subject = "hub"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'stage-stalled'
    description: 'Work is pending for a stage, and the stage has made no progress for five minutes.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.stalled}" | where tostring(Properties.stage) !startswith "publishing:" | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.stage) | project Subject, Value = Sum'
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
    query: 'AppMetrics | where Name == "${metrics.deliveries}" | where tostring(Properties.outcome) == "stored" | summarize Value = count() | extend Subject = "hub"'
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
]

var metricAlerts = [
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
    dimension: 'statusCodeCategory'
    values: ['5xx']
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
    dimension: 'EntityName'
    values: ['*']
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
    dimension: 'EntityName'
    values: ['*']
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-on-call'
  location: 'global'
  properties: {
    groupShortName: take(replace(name, '-', ''), 12)
    enabled: true
    emailReceivers: map(range(0, length(emails)), index => {
      name: 'on-call-${index}'
      emailAddress: emails[index]
      useCommonAlertSchema: true
    })
  }
}

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in queryAlerts: {
    name: '${name}-${alert.name}'
    location: location
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
      actions: { actionGroups: [actionGroup.id] }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in metricAlerts: {
    name: '${name}-${alert.name}'
    location: 'global'
    properties: {
      description: '${alert.description} See docs/runbook.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
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
            operator: 'GreaterThan'
            threshold: alert.threshold
            dimensions: [{ name: alert.dimension, operator: 'Include', values: alert.values }]
            skipMetricValidation: true
          }
        ]
      }
      actions: [{ actionGroupId: actionGroup.id }]
    }
  }
]
