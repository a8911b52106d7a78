using './main.bicep'

param name = 'nhub-dev'
param image = readEnvironmentVariable('HUB_IMAGE')
param registryId = readEnvironmentVariable('HUB_REGISTRY_ID', '')
param sqlAdministratorName = readEnvironmentVariable('SQL_ADMIN_GROUP')
param sqlAdministratorObjectId = readEnvironmentVariable('SQL_ADMIN_GROUP_ID')
param alertEmails = [readEnvironmentVariable('ALERT_EMAIL')]

// The smallest deployment. It has two replicas, because some problems appear only with two.
param sqlServerless = true
param sqlVCores = 1
param serviceBusTier = 'Standard'
param minReplicas = 2
param maxReplicas = 3
param zoneRedundant = false
param privateNetworking = false
param silenceWindow = 'P2D'
param traceShare = '1'
