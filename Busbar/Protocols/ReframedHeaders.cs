namespace Busbar.Protocols;

/// <summary>What a body said that its provider reads in headers.</summary>
/// <param name="Version">Value of <c>anthropic-version</c>; null where the body named none that fits.</param>
/// <param name="Betas">Value of <c>anthropic-beta</c>, in place of the client's own; null where the body named none.</param>
internal readonly record struct ReframedHeaders(string? Version, string? Betas);
