namespace Busbar.Configuration;

/// <summary>The variables of this process.</summary>
internal sealed class ProcessEnvironment : IEnvironment
{
    /// <summary>The only instance.</summary>
    public static ProcessEnvironment Instance { get; } = new();

    private ProcessEnvironment()
    {
    }

    /// <inheritdoc/>
    public string? Get(string name) =>
        name.Length == 0 || name.AsSpan().ContainsAny('=', '\0') ? null : Environment.GetEnvironmentVariable(name);
}
