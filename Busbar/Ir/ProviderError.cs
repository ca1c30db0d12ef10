namespace Busbar.Ir;

/// <summary>
/// What a provider's error says, lifted from its protocol. Strings are bounded by the reader; null where the provider said nothing.
/// </summary>
/// <param name="Code">The provider's code (<c>error.code</c>; integers as text).</param>
/// <param name="Type">The structured type or status name.</param>
/// <param name="Message">The human-readable message, safe to show to the client of the same account.</param>
/// <param name="IsContextLength">The message says that the input exceeds the model's context (gated by status as the protocol demands).</param>
/// <param name="IsInvalidKey">The body says explicitly that the credential is bad although the status does not.</param>
/// <param name="Param">The request parameter that the error is about (<c>error.param</c> of OpenAI's protocols).</param>
/// <param name="Wait">How long the body asks to wait, as it is written there, such as <c>34.07s</c>.</param>
/// <param name="SharedCode">The code, where it is a word that clients of OpenAI's two protocols branch on; null from every other vendor.</param>
internal readonly record struct ProviderError(
    string? Code, string? Type, string? Message, bool IsContextLength = false, bool IsInvalidKey = false, string? Param = null, string? Wait = null,
    string? SharedCode = null);
