using Busbar.Configuration;

namespace Busbar.Tests.Configuration;

internal sealed class FakeEnvironment(params (string Name, string Value)[] variables) : IEnvironment
{
    private readonly Dictionary<string, string> _variables = variables.ToDictionary(variable => variable.Name, variable => variable.Value);

    public string? Get(string name) => _variables.GetValueOrDefault(name);
}
