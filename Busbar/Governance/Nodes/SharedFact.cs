namespace Busbar.Governance.Nodes;

/// <summary>
/// Something that one node found out and that spares the others to find it out themselves. Whoever never hears of it is none the worse.
/// </summary>
/// <param name="Kind">What it is about: <see cref="Lane"/>, <see cref="Down"/>, <see cref="Wait"/> or <see cref="Home"/>.</param>
/// <param name="Id">Of what.</param>
/// <param name="Value">What is known.</param>
/// <param name="Until">Epoch second from which on it is of no use.</param>
internal readonly record struct SharedFact(string Kind, string Id, string Value, long Until)
{
    /// <summary>Whether an administrator has switched a lane off.</summary>
    public const string Lane = "lane";

    /// <summary>A lane's credential or account is refused.</summary>
    public const string Down = "down";

    /// <summary>A lane's provider asked to be left alone for long.</summary>
    public const string Wait = "wait";

    /// <summary>Where an answer is kept that later requests refer to.</summary>
    public const string Home = "home";

    /// <summary>A time that never comes.</summary>
    public const long Never = 253_402_300_799;
}
