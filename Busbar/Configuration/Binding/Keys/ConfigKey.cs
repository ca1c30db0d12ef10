namespace Busbar.Configuration.Binding.Keys;

/// <summary>A key of the configuration: the one place that says what it is, for whoever reads it, checks it or explains it.</summary>
/// <param name="Name">Its documented spelling.</param>
/// <param name="Kind">What stands behind it.</param>
/// <param name="Meaning">What it is for, as the documentation says it.</param>
internal sealed record ConfigKey(string Name, KeyKind Kind, string Meaning)
{
    /// <summary>Least number.</summary>
    public long Min { get; init; } = long.MinValue;

    /// <summary>Greatest number.</summary>
    public long Max { get; init; } = long.MaxValue;

    /// <summary>The words that it takes; empty where it takes others too.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The block that may stand here too, or in each item of a list; null where <see cref="ConfigKeys.All"/> says it by its path.</summary>
    public KeySet? Block { get; init; }

    /// <summary>What holds without it, as the documentation says it; null where the block has one sentence for all.</summary>
    public string? Default { get; init; }

    /// <summary>What it takes and what it has to do with other keys, as the documentation says it; null as for <see cref="Default"/>.</summary>
    public string? Range { get; init; }

    /// <summary>Whether its block cannot be without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether a change waits for a restart.</summary>
    public bool NeedsRestart { get; init; }

    /// <summary>Its row in the documentation.</summary>
    public string Row => Default is null ? $"| `{Name}` | {Meaning} |" : $"| `{Name}` | {Meaning} | {Default} | {Range} |";
}
