using System.Text.Json;
using System.Text.Json.Serialization;

namespace Busbar.Observability.Stats;

/// <summary>Serialization of <see cref="Stats"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Stats))]
internal sealed partial class StatsJson : JsonSerializerContext
{
}
