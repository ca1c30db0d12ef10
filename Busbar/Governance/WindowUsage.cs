namespace Busbar.Governance;

/// <summary>What a key has used up in one budget window, or how much more than before.</summary>
/// <param name="KeyId">Id of the key.</param>
/// <param name="WindowStart">Start of the window, epoch second.</param>
/// <param name="SpendMicroCents">Money, micro-cents.</param>
/// <param name="Tokens">Tokens, input and output.</param>
/// <param name="Requests">Successful requests.</param>
internal readonly record struct WindowUsage(string KeyId, long WindowStart, long SpendMicroCents, long Tokens, long Requests);
