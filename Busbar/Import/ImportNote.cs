using Busbar.Configuration;

namespace Busbar.Import;

/// <summary>What became of one setting.</summary>
/// <param name="Verdict">The label.</param>
/// <param name="Setting">Its path in the file, such as <c>router_settings.num_retries</c>, or the key or group of a database.</param>
/// <param name="Location">Where it stands; null for what no line says.</param>
/// <param name="Says">What it became, or what to do. Never a secret.</param>
internal sealed record ImportNote(Verdict Verdict, string Setting, SourceLocation? Location, string Says)
{
    /// <summary>The label, as it is printed.</summary>
    public string Label => Verdict switch { Verdict.Exact => "exact", Verdict.Approximate => "approximate", Verdict.ByHand => "by hand",
        _ => "unsupported" };
}
