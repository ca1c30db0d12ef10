using System.Diagnostics;

namespace Busbar.Configuration.Model;

/// <summary>A value that must never be printed. Formatting it tells only whether it is there.</summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class Secret(string value)
{
    /// <summary>The value itself. Ask for it only where it goes on the wire or is compared.</summary>
    public string Reveal() => value;

    /// <summary>True when there is nothing but white space.</summary>
    public bool IsBlank => string.IsNullOrWhiteSpace(value);

    /// <inheritdoc/>
    public override string ToString() => value.Length == 0 ? "(empty)" : "(secret)";
}
