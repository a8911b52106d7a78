// The hub, and a job that runs its commands.
param name string
param jobName string
param withHub bool
param location string
param tags object
param image string
param registryServer string
param identityId string
param identityClientId string
param environmentName string
param applicationInsightsName string
param minReplicas int
param maxReplicas int
param customDomain string
param customDomainCertificateId string
param sqlServerHost string
param databaseName string
param serviceBusHost string
param keyRingCertificate string
param traceShare string
param adminAudience string
param settings object
param consoleAddresses array

// Apple's path, the feed and liveness: the ingress publishes this port.
var publicPort = 8080
// Everything else. Only containers of the environment can connect to it.
var adminPort = 8081

// The check itself waits two seconds for the database. With a shorter time limit, a slow database would remove all replicas at once, although
// they can still store deliveries.
var readiness = {
  type: 'Readiness'
  httpGet: { path: '/health/ready', port: adminPort }
  timeoutSeconds: 5
  periodSeconds: 5
  failureThreshold: 3
}
// Until the last of these probes has failed, the ingress may send deliveries to a replica that is stopping.
var drainSeconds = readiness.periodSeconds * readiness.failureThreshold + readiness.timeoutSeconds
var defaultHost = '${name}.${managedEnvironment.properties.defaultDomain}'
var publicHost = empty(customDomain) ? defaultHost : customDomain
var withManagedCertificate = withHub && !empty(customDomain) && empty(customDomainCertificateId)

var hubSettings = [
  { name: 'ASPNETCORE_HTTP_PORTS', value: string(publicPort) }
  { name: 'Admin__Urls', value: 'http://+:${adminPort}' }
  // The hub stores the sender's address with each delivery, not the address of the ingress.
  { name: 'ASPNETCORE_FORWARDEDHEADERS_ENABLED', value: 'true' }
  { name: 'AZURE_CLIENT_ID', value: identityClientId }
  { name: 'OTEL_SERVICE_NAME', value: 'notificationhub' }
  // Not a secret: Application Insights accepts tokens of the identity only.
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: applicationInsights.properties.ConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'Authorization=AAD' }
  // The exporter sends no statistics about itself to Microsoft.
  { name: 'APPLICATIONINSIGHTS_STATSBEAT_DISABLED', value: 'true' }
  { name: 'APPLICATIONINSIGHTS_SDKSTATS_DISABLED', value: 'true' }
  { name: 'APPLICATIONINSIGHTS_SDKSTATS_DISABLED_ALL', value: 'true' }
  { name: 'OTEL_TRACES_SAMPLER', value: 'traceidratio' }
  { name: 'OTEL_TRACES_SAMPLER_ARG', value: traceShare }
  // Application Insights gets every line. The console, which Log Analytics stores as well, gets what matters if telemetry does not arrive.
  { name: 'Logging__Console__LogLevel__Default', value: 'Warning' }
  { name: 'Storage__Provider', value: 'SqlServer' }
  {
    name: 'Storage__ConnectionString'
    value: 'Server=tcp:${sqlServerHost},1433;Database=${databaseName};Authentication=Active Directory Default;Encrypt=True'
  }
  // Without a version: the latest version protects new keys, and earlier versions decrypt earlier keys.
  { name: 'KeyRing__KeyVaultCertificate', value: keyRingCertificate }
  { name: 'ServiceBus__FullyQualifiedNamespace', value: serviceBusHost }
  { name: 'Publishing__PublicUrl', value: 'https://${publicHost}' }
  { name: 'Hosting__DrainDelay', value: '00:00:${drainSeconds}' }
]

var adminSettings = empty(adminAudience)
  ? []
  : [
      { name: 'Auth__Entra__TenantId', value: tenant().tenantId }
      { name: 'Auth__Entra__Audience', value: adminAudience }
    ]

var allSettings = concat(hubSettings, adminSettings, otherSettings)
var registries = empty(registryServer) ? [] : [{ server: registryServer, identity: identityId }]
var identity = {
  type: 'UserAssigned'
  userAssignedIdentities: { '${identityId}': {} }
}
var otherSettings = map(items(settings), setting => { name: setting.key, value: string(setting.value) })

var hubContainer = {
  name: 'hub'
  image: image
  resources: { cpu: json('1.0'), memory: '2Gi' }
  // On the port that a flood from the internet does not reach.
  probes: [
    {
      // The hub listens before it opens and migrates its database, so a start takes seconds. Only readiness waits for the database.
      type: 'Startup'
      httpGet: { path: '/health/live', port: adminPort }
      timeoutSeconds: 5
      periodSeconds: 5
      failureThreshold: 10
    }
    {
      // A restart interrupts deliveries: a replica under full load must not look dead.
      type: 'Liveness'
      httpGet: { path: '/health/live', port: adminPort }
      timeoutSeconds: 5
      periodSeconds: 10
      failureThreshold: 3
    }
    readiness
  ]
}

resource managedEnvironment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: environmentName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource app 'Microsoft.App/containerApps@2026-07-01' = if (withHub) {
  name: name
  location: location
  tags: tags
  identity: identity
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: publicPort
        additionalPortMappings: [{ external: false, targetPort: adminPort }]
        // HTTP/1.1 to the hub, which serves nothing else.
        transport: 'http'
        allowInsecure: false
        customDomains: empty(customDomain)
          ? []
          : [
              empty(customDomainCertificateId)
                // Azure issues the certificate only after the app has the name, and then binds it.
                ? { name: customDomain, bindingType: 'Auto' }
                : { name: customDomain, bindingType: 'SniEnabled', certificateId: customDomainCertificateId }
            ]
      }
      registries: registries
    }
    template: {
      // Drain, then requests and stages (30 s), then the last exports of telemetry (15 s).
      terminationGracePeriodSeconds: drainSeconds + 45
      containers: [union(hubContainer, { env: allSettings })]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'deliveries'
            http: { metadata: { concurrentRequests: '100' } }
          }
        ]
      }
    }
  }
}

// One more replica, which no delivery reaches: its ingress publishes the administration, and the console, over TLS.
resource console 'Microsoft.App/containerApps@2026-07-01' = if (withHub && !empty(consoleAddresses)) {
  name: '${name}-console'
  location: location
  tags: tags
  identity: identity
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: adminPort
        transport: 'http'
        allowInsecure: false
        ipSecurityRestrictions: map(range(0, length(consoleAddresses)), index => {
          name: 'operators-${index}'
          action: 'Allow'
          ipAddressRange: consoleAddresses[index]
        })
      }
      registries: registries
    }
    template: {
      terminationGracePeriodSeconds: drainSeconds + 45
      containers: [union(hubContainer, { env: concat(allSettings, [{ name: 'Console__Enabled', value: 'true' }]) })]
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

resource managedCertificate 'Microsoft.App/managedEnvironments/managedCertificates@2026-07-01' = if (withManagedCertificate) {
  parent: managedEnvironment
  name: replace(customDomain, '.', '-')
  location: location
  tags: tags
  // Azure checks that an app of the environment has the name.
  dependsOn: [app]
  properties: {
    subjectName: customDomain
    domainControlValidation: 'CNAME'
  }
}

// Runs when an operator starts it, also while no replica runs: before the first deployment of the hub, and during a restore.
resource job 'Microsoft.App/jobs@2026-07-01' = {
  name: jobName
  location: location
  tags: tags
  identity: identity
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      // Long enough for a migration of a large database.
      replicaTimeout: 14400
      replicaRetryLimit: 0
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      registries: registries
    }
    template: {
      containers: [
        {
          name: 'hub'
          image: image
          // run-command.sh replaces it.
          args: ['doctor']
          resources: { cpu: json('1.0'), memory: '2Gi' }
          env: allSettings
        }
      ]
    }
  }
}

output id string = resourceId('Microsoft.App/containerApps', name)
output consoleUrl string = empty(consoleAddresses)
  ? ''
  : 'https://${name}-console.${managedEnvironment.properties.defaultDomain}/console'
output publicUrl string = 'https://${publicHost}'
output defaultHost string = defaultHost
output domainVerificationId string = managedEnvironment.properties.customDomainConfiguration.customDomainVerificationId
