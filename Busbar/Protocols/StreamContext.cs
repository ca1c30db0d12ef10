using Busbar.Wire;

namespace Busbar.Protocols;

/// <summary>What a stream writer must know of the request it answers.</summary>
/// <param name="Oidc">Id, time and model to show.</param>
/// <param name="IncludeUsage">OpenAI: the client asked for a usage chunk.</param>
/// <param name="JsonArray">Gemini: the client wants one JSON array instead of SSE.</param>
/// <param name="ElapsedMilliseconds">Milliseconds since the request arrived, for protocols that report latency.</param>
/// <param name="LikelyInput">Anthropic: input tokens to show until the provider tells, which most do at the end; 0 when nothing is known.</param>
internal sealed record StreamContext(ResponseIdentity Identity, bool IncludeUsage, bool JsonArray, Func<long> ElapsedMilliseconds, long LikelyInput =
    0);
