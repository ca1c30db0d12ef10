namespace Busbar.Protocols.Forms;

/// <summary>What a vendor puts in front of every request by itself, in tokens, and how dense its tokeniser is.</summary>
/// <param name="Base">In front of every request.</param>
/// <param name="Tools">Where there are tools.</param>
/// <param name="Thinking">Where the model thinks.</param>
/// <param name="Percent">Tokens for each hundred that the estimate's weights give.</param>
internal readonly record struct TokenPreamble(int Base, int Tools, int Thinking, int Percent);
