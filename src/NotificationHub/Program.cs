using NotificationHub.Hosting;

await HubApplication.Build(args).RunAsync();
