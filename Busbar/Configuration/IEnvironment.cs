namespace Busbar.Configuration;

/// <summary>Where the values of environment variables come from.</summary>
internal interface IEnvironment
{
    /// <summary>The value of <paramref name="name"/>; null when it is not set, which differs from set but empty.</summary>
    string? Get(string name);
}
