using './main.bicep'

param name = 'nhub-prod'
param image = readEnvironmentVariable('HUB_IMAGE')
param registryId = readEnvironmentVariable('HUB_REGISTRY_ID', '')
param sqlAdministratorName = readEnvironmentVariable('SQL_ADMIN_GROUP')
param sqlAdministratorObjectId = readEnvironmentVariable('SQL_ADMIN_GROUP_ID')
param alertEmails = [readEnvironmentVariable('ALERT_EMAIL')]

param sqlServerless = false
param sqlVCores = 2
param serviceBusTier = 'Premium'
param minReplicas = 3
param maxReplicas = 10
// Requires a region with availability zones and a paired region for the backups.
param zoneRedundant = true
param privateNetworking = true
