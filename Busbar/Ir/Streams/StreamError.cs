namespace Busbar.Ir.Streams;

/// <summary>An error a provider reports inside a stream (or inside a 200 body).</summary>
/// <param name="Class">What kind of failure it is.</param>
/// <param name="Error">What the provider said.</param>
internal sealed record StreamError(FaultClass Class, ProviderError Error);
