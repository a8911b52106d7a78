namespace NotificationHub.Apple;

/// <summary>The query of a request, without null values.</summary>
internal sealed class QueryString
{
    private readonly List<(string Name, string Value)> pairs = [];

    public QueryString Add(string name, string? value)
    {
        if (value is not null)
        {
            pairs.Add((name, value));
        }

        return this;
    }

    public QueryString Add(string name, bool? value) =>
        Add(
            name,
            value switch
            {
                true => "true",
                false => "false",
                null => null,
            }
        );

    public QueryString Add(string name, long? value) => Add(name, value?.ToString());

    public bool Has(string name, bool value) => Find(name) == (value ? "true" : "false");

    public string? Find(string name) => pairs.Find(pair => pair.Name == name).Value;

    public override string ToString() =>
        string.Join('&', pairs.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
}
