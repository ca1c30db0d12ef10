using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios;

/// <summary>What scenarios run for.</summary>
internal static class Cases
{
    /// <summary>Every protocol.</summary>
    public static TheoryData<string> Names => [.. SpokenProtocol.All.Select(spoken => spoken.Name)];

    /// <summary>Every protocol, plain and streamed.</summary>
    public static TheoryData<string, bool> Forms
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                data.Add(spoken.Name, false);
                data.Add(spoken.Name, true);
            }

            return data;
        }
    }

    /// <summary>
    /// Clients with a provider of another protocol: each protocol once as either. What every client makes of every provider is the affair of the
    /// translation matrix and of the fault table, which need no process for each.
    /// </summary>
    public static TheoryData<string, string> Crossings => new()
    {
        { "openai", "anthropic" },
        { "anthropic", "openai" },
        { "gemini", "bedrock" },
        { "bedrock", "responses" },
        { "responses", "cohere" },
        { "cohere", "gemini" },
    };

    /// <summary>The same, and two clients with a provider of their own protocol.</summary>
    public static TheoryData<string, string> Hops
    {
        get
        {
            TheoryData<string, string> data = Crossings;
            data.Add("openai", "openai");
            data.Add("bedrock", "bedrock");
            return data;
        }
    }

    /// <summary>The same, plain and streamed.</summary>
    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (object[] hop in Hops)
            {
                data.Add((string)hop[0], (string)hop[1], false);
                data.Add((string)hop[0], (string)hop[1], true);
            }

            return data;
        }
    }
}
