using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>How a translated answer identifies itself.</summary>
/// <param name="Id">Freshly minted id of the client's protocol.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">Model to show when the provider names none: the lane's wire model.</param>
/// <param name="ElapsedMilliseconds">Milliseconds since the request arrived (whole answers; Bedrock metrics).</param>
internal readonly record struct ResponseIdentity(string Id, long Created, JsonText Model, long ElapsedMilliseconds = 0);
