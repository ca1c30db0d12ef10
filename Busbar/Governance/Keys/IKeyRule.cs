namespace Busbar.Governance.Keys;

/// <summary>What a <see cref="KeyIndex{TTrait, TRule}"/> finds keys by.</summary>
internal interface IKeyRule<TTrait>
{
    /// <summary>A hash of <paramref name="trait"/>, all its lower bits spread well.</summary>
    static abstract int HashOf(in TTrait trait);

    /// <summary>Whether <paramref name="key"/> has <paramref name="trait"/>.</summary>
    static abstract bool Has(VirtualKey key, in TTrait trait);
}
