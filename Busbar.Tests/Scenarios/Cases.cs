namespace Busbar.Tests.Scenarios;

/// <summary>What scenarios run for.</summary>
internal static class Cases
{
    /// <summary>Every protocol.</summary>
    public static TheoryData<string> Dialects => [.. Dialect.All.Select(dialect => dialect.Name)];

    /// <summary>Every protocol, plain and streamed.</summary>
    public static TheoryData<string, bool> Forms
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (Dialect dialect in Dialect.All)
            {
                data.Add(dialect.Name, false);
                data.Add(dialect.Name, true);
            }

            return data;
        }
    }

    /// <summary>Every client with every provider.</summary>
    public static TheoryData<string, string> Hops
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (Dialect client in Dialect.All)
            {
                foreach (Dialect provider in Dialect.All)
                {
                    data.Add(client.Name, provider.Name);
                }
            }

            return data;
        }
    }

    /// <summary>Every client with every provider, plain and streamed.</summary>
    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (Dialect client in Dialect.All)
            {
                foreach (Dialect provider in Dialect.All)
                {
                    data.Add(client.Name, provider.Name, false);
                    data.Add(client.Name, provider.Name, true);
                }
            }

            return data;
        }
    }
}
