// What somebody is woken for.
param name string
param location string
param emails string[]
param silenceWindow string
param workspaceId string
param serviceBusId string
param containerAppId string

// The hub's instruments by the names that they have in the code.
var metrics = loadJsonContent('../metrics.json')

// Each query answers with a Value for each Subject.
var queryAlerts = [
  {
    name: 'oldest-unsent'
    description: 'Events of a topic have been waiting to be sent for more than five minutes.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    // Not the publisher's own gauge: this one every replica reads from the database, also where nobody publishes.
    query: 'AppMetrics | where Name == "${metrics.oldestWaitingAge}" | where tostring(Properties.stage) startswith "publishing:" | summarize arg_max(TimeGenerated, Sum) by Subject = substring(tostring(Properties.stage), 11) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 300
  }
  {
    name: 'no-publisher'
    description: 'No replica has measured its topics for 15 minutes: the hub is down, stands still, or its telemetry is lost.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.oldestUnsentAge}" | summarize Value = count() | extend Subject = "hub"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'standing-still'
    description: 'Work waits for a stage before the topics, and none of it was dealt with for five minutes.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.standingStill}" | where tostring(Properties.stage) !startswith "publishing:" | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.stage) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'dead-lettered'
    description: 'The bus refuses events of a topic, and they were set aside.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.deadLettered}" | summarize Value = sum(Sum) by Subject = tostring(Properties.topic)'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'location-states'
    description: 'Nothing is read from Apple for a location until somebody acts: its content token is dead, or another server has taken it over.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.locations}" | where tostring(Properties.state) in ("expired", "revoked", "invalid", "taken-over") | summarize arg_max(TimeGenerated, Sum) by Subject = tostring(Properties.state) | project Subject, Value = Sum'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'silence'
    description: 'Not one post has been kept for longer than is likely.'
    severity: 2
    frequency: 'PT1H'
    window: silenceWindow
    query: 'AppMetrics | where Name == "${metrics.posts}" | where tostring(Properties.outcome) == "stored" | summarize Value = count() | extend Subject = "hub"'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'refused-credentials'
    description: 'Many requests to the admin API or the feed presented an invalid key or token.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "${metrics.refusedCredentials}" | summarize Value = sum(Sum) by Subject = tostring(Properties.api)'
    operator: 'GreaterThan'
    threshold: 10
  }
]

var metricAlerts = [
  {
    name: 'answers-5xx'
    description: 'The hub answers posts with 5xx. Apple tries three times within minutes and then never again.'
    severity: 0
    scope: containerAppId
    namespace: 'Microsoft.App/containerapps'
    metric: 'Requests'
    aggregation: 'Total'
    // A single one: three posts with their three tries would stay below any number that looks reasonable.
    threshold: 0
    dimension: 'statusCodeCategory'
    values: ['5xx']
  }
  {
    name: 'consumer-dead-letters'
    description: 'A subscription has dead letters: its consumer failed on them, or did not fetch them in time.'
    severity: 2
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'DeadletteredMessages'
    aggregation: 'Average'
    threshold: 0
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
      description: '${alert.description} See docs/operations.md#${alert.name}'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      autoMitigate: true
      // The first measurement comes after the first deployment.
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
      description: '${alert.description} See docs/operations.md#${alert.name}'
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
