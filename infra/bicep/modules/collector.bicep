// Takes the hub's telemetry and hands it to Application Insights. An app of its own: in the hub's replicas it would decide with
// whether they are ready for Apple's posts.
param name string
param location string
param image string
param registryServer string
param pullIdentityId string
param environmentName string
param applicationInsightsName string

var connectionStringSecret = 'application-insights'

resource managedEnvironment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: environmentName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource app 'Microsoft.App/containerApps@2026-07-01' = {
  name: name
  location: location
  identity: empty(registryServer)
    ? { type: 'None' }
    : {
        type: 'UserAssigned'
        userAssignedIdentities: { '${pullIdentityId}': {} }
      }
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: false
        targetPort: 4317
        // gRPC.
        transport: 'http2'
        allowInsecure: false
      }
      registries: empty(registryServer) ? [] : [{ server: registryServer, identity: pullIdentityId }]
      // It pulls the image, and what runs in the container cannot be the hub.
      identitySettings: empty(registryServer) ? [] : [{ identity: pullIdentityId, lifecycle: 'None' }]
      secrets: [{ name: connectionStringSecret, value: applicationInsights.properties.ConnectionString }]
    }
    template: {
      containers: [
        {
          name: 'collector'
          image: image
          args: ['--config=env:COLLECTOR_CONFIGURATION']
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: [
            { name: 'COLLECTOR_CONFIGURATION', value: loadTextContent('../collector.yaml') }
            { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', secretRef: connectionStringSecret }
          ]
        }
      ]
      scale: {
        minReplicas: 1
        maxReplicas: 3
      }
    }
  }
}

// The ingress listens on 443, whatever the container does.
output endpoint string = 'https://${app.properties.configuration.ingress.fqdn}'
